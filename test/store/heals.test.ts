import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAdOrdersTable } from '../../lib/store/adOrdersTable.ts';
import { toItem } from '../../lib/store/items.ts';
import { createLeadsTable } from '../../lib/store/leadsTable.ts';
import { createOrdersTable } from '../../lib/store/ordersTable.ts';
import { startTestEngines, type TestEngines } from '../support/engines.ts';
import { adLine, leadRecord, minute, ORDER_ID, tradeWrite } from './samples.ts';

let engines: TestEngines;
beforeAll(async () => {
  engines = await startTestEngines();
});
afterAll(() => engines.close());

/** Sets attribute paths by hand, under whatever version the row has. */
async function alter(table: string, key: object, path: string, value: unknown): Promise<void> {
  const names = Object.fromEntries(path.split('.').map((part) => [`#${part}`, part]));
  await engines.dynamoDb.send(
    new UpdateItemCommand({
      TableName: table,
      Key: toItem(key),
      UpdateExpression: `SET ${Object.keys(names).join('.')} = :value`,
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: toItem({ ':value': value }),
    }),
  );
}

describe('the same record observed again heals a row that was altered under its hash', () => {
  it('an ad line', async () => {
    const table = await engines.createTable('AdOrdersTable');
    const adOrders = createAdOrdersTable(engines.dynamoDb, table);
    const line = adLine({ observedAt: minute(1) });
    await adOrders.writeLine(line);
    await alter(table, { orderId: line.orderId, line: line.line }, 'payFen', 1);

    await adOrders.writeLine({ ...line, observedAt: minute(2) });

    expect(await adOrders.linesOf(line.orderId)).toEqual([{ ...line, observedAt: minute(2) }]);
  });

  it('a lead, whose summaries are then made anew whatever rev they claim', async () => {
    const table = await engines.createTable('LeadsTable');
    const leads = createLeadsTable(engines.dynamoDb, table);
    const received = leadRecord({ observedAt: minute(1) });
    await leads.writeLead(received);
    await leads.writeSummaries(received.leadId, { orderRev: 4 });
    await alter(table, { leadId: received.leadId }, 'lead.seriesName', 'altered');
    await alter(table, { leadId: received.leadId }, 'orderRev', 1_000_000);

    await leads.writeLead({ ...received, observedAt: minute(2) });
    const outcome = await leads.writeSummaries(received.leadId, { orderRev: 5 });

    expect(outcome).toBe('written');
    expect(await leads.read(received.leadId)).toEqual({ ...received, observedAt: minute(2), orderRev: 5 });
  });

  it('an order whose hash a reconcile took away, and only if it is still the one that was seen', async () => {
    const orders = createOrdersTable(engines.dynamoDb, await engines.createTable('OrdersTable'));
    const write = tradeWrite();
    await orders.writeTrade({ ...write, owes: ['car'] });
    const seen = await orders.read(ORDER_ID);
    if (seen === undefined) throw new Error('no order');

    const outcomes = [
      await orders.distrust({ ...seen, rev: seen.rev + 1 }),
      await orders.distrust(seen),
      (await orders.writeTrade({ ...write, owes: ['lead'] })).outcome,
      await orders.distrust({ orderId: '404', rev: 1, hash: undefined }),
    ];

    expect(outcomes).toEqual(['stale', 'written', 'written', 'stale']);
    expect(await orders.read(ORDER_ID)).toMatchObject({
      hash: write.hash,
      owes: ['lead'],
      rev: seen.rev + 1,
    });
    expect(await orders.read('404')).toBeUndefined();
  });
});
