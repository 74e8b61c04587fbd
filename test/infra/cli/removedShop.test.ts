import { afterAll, beforeAll, expect, it } from 'vitest';
import { openData } from '../../../infra/cli/openData.ts';
import { run, SMALL_WORLD, summaryOf, temporaryFolder } from '../../flow/carferryProcess.ts';

const folder = temporaryFolder();
const data = ['--data', folder.path];

beforeAll(async () => {
  await run(['--once', ...data], SMALL_WORLD);
}, 240_000);
afterAll(() => folder.remove());

/** How many dues each shop has. */
async function duesByShop(): Promise<Record<string, number>> {
  const open = await openData(folder.path, {});
  const counts: Record<string, number> = {};
  for await (const { shop } of open.stores.dues.scan()) counts[shop] = (counts[shop] ?? 0) + 1;
  await open.close();
  return counts;
}

it('a removed shop leaves no work behind that nobody can do, and the others theirs', async () => {
  const before = await duesByShop();
  const [gone = '', ...others] = Object.keys(before);

  const removed = await run(['shops', 'remove', gone, ...data], {}, 'infra/cli/main.ts');
  const after = await duesByShop();
  const again = summaryOf(await run(['--once', '--json', ...data], SMALL_WORLD));

  expect(removed.code, removed.stderr).toBe(0);
  expect(others.length).toBeGreaterThan(0);
  expect(after).toEqual(Object.fromEntries(others.map((shop) => [shop, before[shop]])));
  expect(again.shops.toSorted()).toEqual(others.toSorted());
  expect(again.incomplete).toEqual([]);
}, 240_000);
