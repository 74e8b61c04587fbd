import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { QueueMessage } from '../../lib/domain/queueMessage.ts';
import { createPutOff } from '../../lib/lambda/putOff.ts';
import { createDuesTable, type Due, type DuesTable } from '../../lib/store/duesTable.ts';
import { createOrdersTable, type OrdersTable } from '../../lib/store/ordersTable.ts';
import { noLead, tradeOf } from '../queue/samples.ts';
import { startTestEngines, type TestEngines } from '../support/engines.ts';

const UNTIL = Date.parse('2026-11-20T18:00:00+08:00');
let engines: TestEngines;
let orders: OrdersTable;
let dues: DuesTable;
beforeAll(async () => {
  engines = await startTestEngines();
});
afterAll(() => engines.close());
beforeEach(async () => {
  orders = createOrdersTable(engines.dynamoDb, await engines.createTable('OrdersTable'));
  dues = createDuesTable(engines.dynamoDb, await engines.createTable('DuesTable'));
});

async function noted(): Promise<Due[]> {
  const found: Due[] = [];
  for await (const due of dues.scan()) found.push(due);
  return found;
}
async function store(modifiedAt: string): Promise<void> {
  const { trade, orderId, shop, hash, observedAt } = tradeOf('1', 1);
  const { createdAt } = trade;
  const owes = ['car', 'items'] as const;
  const facet = { ...trade, modifiedAt };
  await orders.writeTrade({
    orderId,
    shop,
    createdAt,
    status: 'x',
    trade: facet,
    hash,
    modifiedAt,
    observedAt,
    owes: [...owes],
  });
}

describe('a message of the orders queue that has to wait', () => {
  const due: QueueMessage = { v: 1, kind: 'due', shop: 's', orderId: '1', reason: 'message', steps: ['car'] };

  it.each([
    ['at its version', tradeOf('1', 1).trade.modifiedAt],
    ['at a newer version', '2026-11-20T11:00:00+08:00'],
  ])('waits as a due once its order is stored %s', async (_, modifiedAt) => {
    await store(modifiedAt);

    const isPutOff = await createPutOff({ orders, dues })(tradeOf('1', 1), UNTIL);

    expect(isPutOff).toBe(true);
    expect(await noted()).toMatchObject([
      {
        orderId: '1',
        reason: 'owed',
        dueAt: '2026-11-20T18:00:00+08:00',
        attempts: 0,
        steps: ['car', 'items'],
      },
    ]);
  });

  it('keeps the steps that a due asked for', async () => {
    await store('2026-11-20T11:00:00+08:00');

    expect(await createPutOff({ orders, dues })(due, UNTIL)).toBe(true);
    expect(await noted()).toMatchObject([{ steps: ['car'] }]);
  });

  it('stays in its queue when nothing but the message holds its trade', async () => {
    const putOff = createPutOff({ orders, dues });
    const absent = await putOff(tradeOf('1', 1), UNTIL);
    await store('2026-11-20T09:00:00+08:00');
    const older = await putOff(tradeOf('1', 1), UNTIL);

    expect([absent, older, await putOff(noLead('1'), UNTIL)]).toEqual([false, false, false]);
    expect(await noted()).toEqual([]);
  });
});
