import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockFolder } from '../../../infra/local/folderLock.ts';
import { awaitLiveRun, liveRun } from '../../../infra/local/liveRun.ts';

const addresses = { dynamoDbUrl: 'http://127.0.0.1:1', sqsUrl: 'http://127.0.0.1:1' };
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'carferry-run-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function writeAddresses(enginePid: number): void {
  writeFileSync(join(folder, 'engines.json'), JSON.stringify({ pid: enginePid, enginePid, ...addresses }));
}

describe('the system that runs on a folder', () => {
  it('is the one whose holder and engines live', async () => {
    const lock = await lockFolder(folder);
    writeAddresses(process.pid);

    const live = liveRun(folder);
    lock.release();

    expect(live).toMatchObject({ pid: process.pid, running: addresses });
  });

  it('is nobody when only addresses are left', () => {
    writeAddresses(process.pid);

    expect(liveRun(folder)).toBeUndefined();
  });

  it('is not the command that holds the folder beside the addresses of an ended run: that is waited for', async () => {
    const command = await lockFolder(folder);
    writeAddresses(spawnSync(process.execPath, ['--version']).pid);
    let isReleased = false;
    setTimeout(() => {
      isReleased = true;
      command.release();
    }, 300);

    const live = await awaitLiveRun(folder);

    expect([live, isReleased]).toEqual([undefined, true]);
  });

  it('is waited for while it starts', async () => {
    const lock = await lockFolder(folder);
    setTimeout(() => writeAddresses(process.pid), 300);

    const live = await awaitLiveRun(folder);
    lock.release();

    expect(live).toMatchObject({ running: addresses });
  });
});
