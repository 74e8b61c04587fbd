import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run, SMALL_WORLD, temporaryFolder } from './carferryProcess.ts';

let folder: ReturnType<typeof temporaryFolder>;
let stderr: string;

beforeAll(async () => {
  folder = temporaryFolder();
  ({ stderr } = await run(['--once', '--data', folder.path], { ...SMALL_WORLD, CARFERRY_SIM_TRADES: '200' }));
}, 120_000);
afterAll(() => folder.remove());

describe('npm start -- --once without a terminal', () => {
  it('tells trades from the first lines on, rising, with an estimate and without colour', () => {
    const lines = stderr.split('\n').filter((line) => /^\d+ s: /.test(line));
    const trades = lines.map((line) => Number(/(\d+) trades? and/.exec(line)?.[1]));

    expect(lines.length).toBeGreaterThan(1);
    expect(trades[0]).toBeGreaterThan(0);
    expect(trades).toEqual(trades.toSorted((a, b) => a - b));
    expect(stderr).toMatch(/\d+ %, about \d+ s left/);
    expect(stderr).not.toContain('\u001b');
  });
});

describe('a reader that closes the pipe early', () => {
  it('ends an export quietly', async () => {
    const root = join(import.meta.dirname, '..', '..');
    const child = spawn(process.execPath, ['infra/cli/main.ts', 'export', 'orders', '--data', folder.path], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    child.stdout.once('data', () => child.stdout.destroy());
    const code = await new Promise((resolve) => child.once('close', resolve));

    expect([code, said]).toEqual([0, '']);
  });
});
