import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

const launcher = join(import.meta.dirname, '..', '..', 'tools', 'node24.mjs');
const running: ChildProcess[] = [];
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'carferry-launcher-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

/** Starts a program of the given text through the launcher and waits until it has said `ready`. */
async function launch(text: string) {
  const file = join(folder, `program-${running.length}-${Date.now()}.mjs`);
  writeFileSync(file, text);
  const child = spawn(process.execPath, [launcher, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  running.push(child);
  let output = '';
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) =>
    child.once('close', (code, signal) => resolve({ code, signal })),
  );
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  await expect.poll(() => output, { timeout: 20_000 }).toMatch(/ready \d+ .+\n/);
  const [, pid = '', version = ''] = /ready (\d+) (.+)\n/.exec(output) ?? [];
  return { child, ended, pid: Number(pid), version, output: () => output };
}

const READY = "process.stdout.write(['ready', process.pid, process.versions.node].join(' ') + '\\n');";
const STAY = 'setInterval(() => {}, 1000);';
const COUNT =
  "let n = 0; process.on('SIGINT', () => { n += 1; process.stdout.write('sigint ' + n + '\\n'); });";

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('the launcher', () => {
  it('runs its program on Node 24 or newer and hands its exit code on', async () => {
    const program = await launch(`${READY} setTimeout(() => process.exit(7), 200);`);

    expect(Number(program.version.split('.')[0])).toBeGreaterThanOrEqual(24);
    expect(await program.ended).toEqual({ code: 7, signal: null });
  });

  it('dies of the signal its program died of', async () => {
    const program = await launch(`${READY} ${STAY}`);

    process.kill(program.pid, 'SIGKILL');

    expect(await program.ended).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('takes its program with it when it is killed outright', async () => {
    const program = await launch(`${READY} ${STAY}`);

    program.child.kill('SIGKILL');
    await program.ended;

    await expect.poll(() => isAlive(program.pid), { timeout: 10_000 }).toBe(false);
  });

  it('ends its program as by SIGTERM when whoever started it is gone, as npm is after a SIGTERM', async () => {
    const program = join(folder, 'stays.mjs');
    writeFileSync(program, `process.on('SIGTERM', () => process.exit(3)); ${READY} ${STAY}`);
    const middleman = spawn(
      process.execPath,
      [
        '-e',
        `require('node:child_process').spawn(process.execPath, ${JSON.stringify([launcher, program])}, { stdio: 'inherit' })`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    running.push(middleman);
    let output = '';
    middleman.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
    await expect.poll(() => output, { timeout: 20_000 }).toMatch(/ready \d+/);
    const pid = Number(/ready (\d+)/.exec(output)?.[1]);

    middleman.kill('SIGKILL');

    await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
  });

  it('hands on one SIGINT of the two that a terminal and npm send together', async () => {
    const program = await launch(`${COUNT} ${READY} ${STAY}`);

    program.child.kill('SIGINT');
    // Two at the very same moment would be one to the system already.
    await expect.poll(() => program.output(), { timeout: 10_000 }).toContain('sigint 1');
    program.child.kill('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 300));

    expect(program.output()).not.toContain('sigint 2');
  });

  it('hands a later SIGINT on as a second one', async () => {
    const program = await launch(`${COUNT} ${READY} ${STAY}`);

    program.child.kill('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 1100));
    program.child.kill('SIGINT');

    await expect.poll(() => program.output(), { timeout: 10_000 }).toContain('sigint 2');
  });

  it('keeps its program out of its own process group, so that a terminal cannot signal it twice', async () => {
    const program = await launch(
      `import { execFileSync } from 'node:child_process';
       const group = (pid) => execFileSync('ps', ['-o', 'pgid=', '-p', String(pid)], { encoding: 'utf8' }).trim();
       process.stdout.write(group(process.pid) === group(process.ppid) ? 'same group\\n' : 'own group\\n');
       ${READY} ${STAY}`,
    );

    expect(program.output()).toContain('own group');
  });
});
