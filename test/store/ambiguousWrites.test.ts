import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createOrdersTable, type OrdersTable } from '../../lib/store/ordersTable.ts';
import { loseReplies } from '../support/dynamoDbFaults.ts';
import { startTestEngines, type TestEngines } from '../support/engines.ts';
import { attributionFacet, minute, SHOP, tradeWrite } from './samples.ts';

let engines: TestEngines;
let tableName: string;
let orders: OrdersTable;
let lastId = 4277659395456225432n;

/** A new order for every case, so that cases share one table and no state. */
function newOrderId(): string {
  lastId += 1n;
  return lastId.toString();
}

beforeAll(async () => {
  engines = await startTestEngines();
  tableName = await engines.createTable('OrdersTable');
  orders = createOrdersTable(engines.dynamoDb, tableName);
});
afterAll(() => engines.close());

describe('an ambiguous write', () => {
  it('is written when the reply was lost and the write arrived', async () => {
    const client = engines.newDynamoDb();
    loseReplies(client, ['UpdateItemCommand']);
    const orderId = newOrderId();

    const result = await createOrdersTable(client, tableName).writeTrade(tradeWrite({ orderId }));

    expect(result.outcome).toBe('written');
    expect((await orders.read(orderId))?.rev).toBe(1);
  });

  it('is written when the SDK repeats it and meets our own write', async () => {
    const client = engines.newDynamoDb(3);
    const sent = loseReplies(client, ['UpdateItemCommand']);
    const orderId = newOrderId();
    const table = createOrdersTable(client, tableName);

    const facets = { attribution: { value: attributionFacet(), rev: 0 } };
    const result = await table.writeFacets({ orderId, shop: SHOP, facets, firstSeenAt: minute(1) });

    expect(sent.attempts).toBe(2);
    expect(result).toMatchObject({ outcome: 'written', order: { attributionRev: 1, rev: 1 } });
  });

  it('is an error to retry when it never arrived, whatever stood there before', async () => {
    const client = engines.newDynamoDb();
    const orderId = newOrderId();
    await orders.writeTrade(tradeWrite({ orderId }));
    client.middlewareStack.add(
      (next, context) => async (args) => {
        if (context.commandName !== 'UpdateItemCommand') return await next(args);
        throw Object.assign(new Error('the request was lost'), { name: 'TimeoutError' });
      },
      { step: 'finalizeRequest', priority: 'low', name: 'loseRequests' },
    );
    const newer = tradeWrite({ orderId, modifiedAt: minute(3), hash: 'h2' });

    const write = createOrdersTable(client, tableName).writeTrade(newer);

    await expect(write).rejects.toMatchObject({ disposition: 'retry', reason: 'store-unavailable' });
    expect(await orders.read(orderId)).toMatchObject({ hash: 'h1' });
  });

  it('is an error to retry when nothing answers', async () => {
    const client = engines.newDynamoDb();
    loseReplies(client, ['UpdateItemCommand', 'GetItemCommand'], 99);

    const write = createOrdersTable(client, tableName).writeTrade(tradeWrite({ orderId: newOrderId() }));

    await expect(write).rejects.toMatchObject({ disposition: 'retry', reason: 'store-unavailable' });
  });

  it('names a missing table without calling it unavailable', async () => {
    const write = createOrdersTable(engines.dynamoDb, 'test-absent').writeTrade(tradeWrite());

    await expect(write).rejects.toMatchObject({ disposition: 'retry', reason: 'store-refused' });
  });
});
