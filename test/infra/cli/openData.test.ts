import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openData } from '../../../infra/cli/openData.ts';
import { lockFolder } from '../../../infra/local/folderLock.ts';
import { openFreshData } from './openedData.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A folder whose last run has ended and left its addresses behind. */
async function folderAfterRun(): Promise<string> {
  const { data, path, close } = await openFreshData();
  closing.push(close);
  await data.close();
  const dead = spawnSync(process.execPath, ['--version']).pid;
  const addresses = { dynamoDbUrl: 'http://127.0.0.1:1', sqsUrl: 'http://127.0.0.1:1' };
  writeFileSync(join(path, 'engines.json'), JSON.stringify({ pid: dead, enginePid: dead, ...addresses }));
  return path;
}

describe('a data folder', () => {
  it('that another command holds is waited for, not looked for where its last run was', async () => {
    const path = await folderAfterRun();
    const other = await lockFolder(path);
    setTimeout(() => other.release(), 500);

    const data = await openData(path, {});
    const orders = await data.stores.orders.read('4277659395456225432');
    await data.close();

    expect([data.attachedTo, orders]).toEqual([undefined, undefined]);
  });

  it('that stays held is refused, naming who holds it', async () => {
    const path = await folderAfterRun();
    const other = await lockFolder(path);

    await expect(openData(path, {})).rejects.toMatchObject({ reason: 'configuration', field: '--data' });
    other.release();
  });
});
