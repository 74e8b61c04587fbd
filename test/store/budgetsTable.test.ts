import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBudgetsTable } from '../../lib/store/budgetsTable.ts';
import { startTestEngines, type TestEngines } from '../support/engines.ts';

const NOW = 1_742_880_000_000;
const key = { appKey: '12345678', method: 'tmall.car.get' };
const two = { slots: 2, spanMs: 421.05, callsPerSecond: 5, now: NOW };

let engines: TestEngines;
beforeAll(async () => {
  engines = await startTestEngines();
});
afterAll(() => engines.close());

async function newTable() {
  const name = await engines.createTable('BudgetsTable');
  return { name, table: createBudgetsTable(engines.dynamoDb, name) };
}

describe('the table budgets', () => {
  it('begins an idle line where it is asked to, and extends one in use', async () => {
    const { table } = await newTable();

    const begun = await table.restart(key, { ...two, from: NOW + 5, idleSince: NOW + 5 });
    const extended = await table.extend(key, { ...two, from: NOW + 10, latest: NOW + 1000 });

    expect(begun).toEqual({ outcome: 'reserved', row: { nextSlotAt: NOW + 426.05, blockedUntil: 0 } });
    expect(extended).toEqual({ outcome: 'reserved', row: { nextSlotAt: NOW + 847.1, blockedUntil: 0 } });
  });

  it('refuses to restart a line in use, and to extend one that is idle or too long; and says how it stands', async () => {
    const { table } = await newTable();
    await table.restart(key, { ...two, from: NOW, idleSince: NOW });
    const row = { nextSlotAt: NOW + 421.05, blockedUntil: 0 };

    const answers = [
      await table.restart(key, { ...two, from: NOW + 50, idleSince: NOW + 50 }),
      await table.extend(key, { ...two, from: NOW + 500, latest: NOW + 1000 }),
      await table.extend(key, { ...two, from: NOW, latest: NOW + 400 }),
    ];

    expect(answers).toEqual(Array(3).fill({ outcome: 'refused', row }));
    expect(await table.read(key.appKey, key.method)).toEqual(row);
  });

  it('overwrites exactly the next slot that is known to be wrong', async () => {
    const { table } = await newTable();
    await table.restart(key, { ...two, from: NOW + 9e7, idleSince: NOW + 9e7 });
    const wrong = NOW + 9e7 + 421.05;
    const request = { ...two, from: NOW, idleSince: NOW };

    const missed = await table.restart(key, { ...request, wrong: wrong - 1 });
    const healed = await table.restart(key, { ...request, wrong });

    expect([missed.outcome, healed.outcome]).toEqual(['refused', 'reserved']);
    expect(healed.row.nextSlotAt).toBe(NOW + 421.05);
  });

  it('gives no two of many processes the same slot', async () => {
    const { table } = await newTable();
    await table.restart(key, { ...two, from: NOW, idleSince: NOW });

    const answers = await Promise.all(
      Array.from({ length: 20 }, () => table.extend(key, { ...two, from: NOW, latest: NOW + 60_000 })),
    );

    expect(answers.map(({ outcome }) => outcome)).toEqual(Array(20).fill('reserved'));
    expect(new Set(answers.map(({ row }) => row.nextSlotAt)).size).toBe(20);
  });

  it('keeps the longest ban, tells it with every reservation, and takes the same one twice', async () => {
    const { table } = await newTable();

    await table.ban(key.appKey, key.method, NOW + 5000);
    await table.ban(key.appKey, key.method, NOW + 9000);
    await table.ban(key.appKey, key.method, NOW + 9000);
    await table.ban(key.appKey, key.method, NOW + 7000);
    const { row } = await table.restart(key, { ...two, from: NOW, idleSince: NOW });

    expect(row.blockedUntil).toBe(NOW + 9000);
  });

  it('loses the slots of a reservation whose reply is lost, and never gives them away again', async () => {
    const { name, table } = await newTable();
    const losing = engines.newDynamoDb(1);
    losing.middlewareStack.add(
      (next) => async (args) => {
        await next(args);
        throw new Error('socket hang up');
      },
      { step: 'deserialize', priority: 'low', name: 'loseReply' },
    );
    await table.restart(key, { ...two, from: NOW, idleSince: NOW });
    const range = { ...two, from: NOW, latest: NOW + 60_000 };

    const lost = await createBudgetsTable(losing, name)
      .extend(key, range)
      .catch((thrown: unknown) => thrown);
    const { row } = await table.extend(key, range);

    expect(lost).toMatchObject({ reason: 'store-unavailable' });
    expect(row.nextSlotAt).toBe(NOW + 3 * 421.05);
  });

  it('lists every line with what was taken from it, for the operator', async () => {
    const { table } = await newTable();
    await table.restart(key, { ...two, from: NOW, idleSince: NOW });
    await table.extend(key, { ...two, from: NOW, latest: NOW + 1000 });
    await table.ban(key.appKey, '*', NOW + 5000);

    const { appKey, method } = key;
    expect(await table.list()).toEqual([
      { appKey, method: '*', nextSlotAt: 0, blockedUntil: NOW + 5000, callsPerSecond: undefined, taken: 0 },
      { appKey, method, nextSlotAt: NOW + 842.1, blockedUntil: 0, callsPerSecond: 5, taken: 4 },
    ]);
  });
});
