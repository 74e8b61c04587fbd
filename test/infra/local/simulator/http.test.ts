import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Simulator, startSimulator } from '../../../../infra/local/simulator/simulator.ts';
import { control, pick } from './simulatorClient.ts';

const main = fileURLToPath(new URL('../../../../infra/local/simulator/main.ts', import.meta.url));
let simulator: Simulator;

beforeAll(async () => {
  simulator = await startSimulator({ trades: 10 });
});
afterAll(async () => {
  await simulator.close();
});

async function encodings(accept: string): Promise<Set<string | null>> {
  const seen = new Set<string | null>();
  for (let n = 0; n < 30; n += 1) {
    const response = await fetch(simulator.topUrl, { headers: { 'accept-encoding': accept } });
    expect(await response.text()).toContain('Missing method');
    seen.add(response.headers.get('content-encoding'));
  }
  return seen;
}

test('some replies are compressed, only for clients that accept it', async () => {
  expect(await encodings('gzip')).toEqual(new Set(['gzip', null]));
  expect(await encodings('identity')).toEqual(new Set([null]));
});

test('calls are counted by method and outcome', async () => {
  const stats = await control(simulator, 'stats');

  expect(pick(stats, '(none)', 'outcomes', 'code 21')).toBe(60);
  expect(Number(pick(stats, '(none)', 'maxPerSecond'))).toBeGreaterThan(0);
});

test('an unknown address of the control API is a 404, a wrong moment a 400', async () => {
  expect((await fetch(`${simulator.url}/_sim/none`)).status).toBe(404);
  expect((await fetch(`${simulator.url}/_sim/truth?from=yesterday`)).status).toBe(400);
  expect((await fetch(`${simulator.url}/_sim/freeze`, { method: 'POST', body: '{"at":"x"}' })).status).toBe(
    400,
  );
});

function run(args: string[]): Promise<{ code: number | null; stderr: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.on('exit', (code) => resolve({ code, stderr }));
  });
}

test.each([
  { what: 'an unknown flag', args: () => ['--bogus'], line: /unknown option '--bogus'/ },
  { what: 'a bad number', args: () => ['--trades', 'many'], line: /--trades <number>.*whole number/ },
  { what: 'a busy port', args: () => ['--port', new URL(simulator.url).port], line: /the port is in use/ },
])('$what is one clear line and exit 2', async ({ args, line }) => {
  const { code, stderr } = await run(args());

  expect(code).toBe(2);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(stderr).toMatch(line);
});
