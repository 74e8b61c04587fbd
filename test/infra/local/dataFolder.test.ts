import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Origin, openDataFolder } from '../../../infra/local/dataFolder.ts';
import { lockFolder } from '../../../infra/local/folderLock.ts';
import { isAlive } from '../../../infra/local/processes.ts';

const simulated: Origin = {
  gateway: 'simulator',
  seed: 's',
  anchorAt: 1_700_000_000_000,
  trades: 9,
  shops: 1,
};
const real: Origin = { gateway: 'real', appKey: '12345678' };
const otherKey = Buffer.alloc(32, 7).toString('base64');

let base: string;
let path: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'carferry-folder-'));
  path = join(base, 'data');
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const open = (origin: Origin, dataKey?: string) => openDataFolder(path, { origin: () => origin, dataKey });

describe('the data folder', () => {
  it('makes a key that only its owner may read, and keeps it', async () => {
    const first = await open(simulated);
    first.close();

    const second = await open(simulated);
    second.close();

    expect(Buffer.from(first.dataKey, 'base64')).toHaveLength(32);
    expect(second.dataKey).toBe(first.dataKey);
    expect([first.isNew, second.isNew]).toEqual([true, false]);
    expect(statSync(join(path, 'data.key')).mode & 0o777).toBe(0o600);
  });

  it('writes no key when the environment gives one', async () => {
    (await open(simulated, otherKey)).close();

    expect(existsSync(join(path, 'data.key'))).toBe(false);
    expect(readFileSync(join(path, 'stamp.json'), 'utf8')).not.toContain(otherKey);
  });

  it.each([
    ['a real app', real, undefined],
    ['another world', { ...simulated, seed: 'other' }, undefined],
    ['another anchor', { ...simulated, anchorAt: 1 }, undefined],
    ['another key', simulated, otherKey],
  ])('refuses %s, and stays usable', async (_, origin, key) => {
    (await open(simulated)).close();

    await expect(open(origin, key)).rejects.toMatchObject({ reason: 'configuration' });

    (await open(simulated)).close();
  });

  it('refuses to go on without the key that sealed it', async () => {
    (await open(simulated, otherKey)).close();

    await expect(open(simulated)).rejects.toMatchObject({ field: 'CARFERRY_DATA_KEY' });
  });

  it('tells the run which world it holds, so that it can go on there', async () => {
    (await open(simulated)).close();
    let told: Origin | undefined;

    const folder = await openDataFolder(path, {
      origin: (kept) => {
        told = kept;
        return simulated;
      },
    });
    folder.close();

    expect(told).toEqual(simulated);
  });

  it('refuses a path that cannot be a folder', async () => {
    writeFileSync(path, 'a file');

    await expect(open(simulated)).rejects.toMatchObject({ reason: 'configuration', field: '--data' });
  });

  it('leaves no lock and no address behind', async () => {
    const folder = await open(simulated);
    folder.writeRunning({
      pid: process.pid,
      enginePid: process.pid,
      dynamoDbUrl: 'http://x',
      sqsUrl: 'http://y',
    });

    folder.close();

    expect(readdirSync(path).toSorted()).toEqual(['data.key', 'stamp.json']);
  });
});

describe('the lock of a folder', () => {
  it('names the process that holds it', async () => {
    const lock = await lockFolder(base);

    await expect(lockFolder(base, { patienceMs: 100 })).rejects.toMatchObject({
      message: `${base} is in use by process ${process.pid}`,
    });
    lock.release();
  });

  it('waits for a holder that is ending', async () => {
    const holder = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 400)']);
    writeFileSync(join(base, 'lock'), JSON.stringify({ pid: holder.pid }));

    const lock = await lockFolder(base);

    expect(isAlive(Number(holder.pid))).toBe(false);
    lock.release();
  });

  it.each([
    ['of a process that is gone', { pid: 2 ** 22 + 1 }],
    ['whose process number was given to another process', { pid: process.pid, ticks: '1' }],
    ['that was never filled', undefined],
  ])('takes over a lock %s', async (_, holder) => {
    writeFileSync(join(base, 'lock'), holder === undefined ? '' : JSON.stringify(holder));

    const lock = await lockFolder(base, { patienceMs: 500 });

    expect(JSON.parse(readFileSync(join(base, 'lock'), 'utf8'))).toMatchObject({ pid: process.pid });
    lock.release();
  });

  it('goes to exactly one of many that ask at once', async () => {
    writeFileSync(join(base, 'lock'), JSON.stringify({ pid: 2 ** 22 + 1 }));

    const asked = await Promise.allSettled([1, 2, 3, 4].map(() => lockFolder(base, { patienceMs: 200 })));

    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});
