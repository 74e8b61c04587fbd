import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Step } from '../../lib/domain/order.ts';
import { createOrdersTable, type OrdersTable, type TradeWrite } from '../../lib/store/ordersTable.ts';
import { limitPages } from '../support/dynamoDbFaults.ts';
import { startTestEngines, type TestEngines } from '../support/engines.ts';
import { carFacet, minute, SHOP, tradeFacet, tradeWrite } from './samples.ts';

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

describe('writeTrade', () => {
  const stored = { modifiedAt: minute(5), observedAt: minute(10), hash: 'h5' };
  const cases: readonly [string, Partial<TradeWrite>, 'written' | 'stale', string][] = [
    ['a newer modified', { modifiedAt: minute(6), observedAt: minute(9), hash: 'h4' }, 'written', 'h4'],
    ['an older modified', { modifiedAt: minute(4), observedAt: minute(11), hash: 'h6' }, 'stale', 'h5'],
    ['another content observed later', { ...stored, observedAt: minute(11), hash: 'h4' }, 'written', 'h4'],
    ['another content observed earlier', { ...stored, observedAt: minute(9), hash: 'h6' }, 'stale', 'h5'],
    ['the same content observed later', { ...stored, observedAt: minute(11) }, 'stale', 'h5'],
    ['the very same observation', stored, 'written', 'h5'],
    ['a greater hash in the same millisecond', { ...stored, hash: 'h6' }, 'written', 'h6'],
    ['a smaller hash in the same millisecond', { ...stored, hash: 'h4' }, 'stale', 'h5'],
  ];
  it.each(cases)('%s', async (_, change, outcome, hash) => {
    const orderId = newOrderId();
    await orders.writeTrade(tradeWrite({ orderId, ...stored }));

    const result = await orders.writeTrade(tradeWrite({ orderId, ...stored, ...change }));

    expect(result.outcome).toBe(outcome);
    const order = await orders.read(orderId);
    expect(order?.hash).toBe(hash);
    expect(order?.trade?.title).toBe(`content ${hash}`);
  });

  it('answers the whole order with what others wrote to it', async () => {
    const orderId = newOrderId();
    await orders.writeFacets({
      orderId,
      shop: SHOP,
      facets: { car: { value: null, rev: 0 } },
      firstSeenAt: minute(1),
    });

    const result = await orders.writeTrade(tradeWrite({ orderId }));

    expect(result).toEqual({ outcome: 'written', order: await orders.read(orderId) });
    expect(await orders.read(orderId)).toMatchObject({
      orderId,
      shop: SHOP,
      createdAt: minute(0),
      status: 'waiting-for-payment',
      firstSeenAt: minute(1),
      rev: 2,
      car: null,
      carRev: 1,
      owes: ['car', 'items', 'attribution', 'lead'],
      gaps: {},
    });
  });

  it('keeps a very same observation from touching what was paid since', async () => {
    const orderId = newOrderId();
    await orders.writeTrade(tradeWrite({ orderId }));
    await orders.writeFacets({
      orderId,
      shop: SHOP,
      facets: {},
      paid: ['car', 'lead'],
      firstSeenAt: minute(1),
    });
    const before = await orders.read(orderId);

    const again = await orders.writeTrade(tradeWrite({ orderId }));

    expect(again).toEqual({ outcome: 'written', order: before });
    expect(before?.owes).toEqual(['items', 'attribution']);
  });

  it('removes owes when nothing is owed, and status when there is none', async () => {
    const orderId = newOrderId();
    await orders.writeTrade(tradeWrite({ orderId }));

    await orders.writeTrade(tradeWrite({ orderId, modifiedAt: minute(8), owes: [], status: undefined }));

    const order = await orders.read(orderId);
    expect(order?.owes).toEqual([]);
    expect(order).not.toHaveProperty('status');
  });

  it('has exactly one winner among racing writers of different contents', async () => {
    const orderId = newOrderId();
    const contents = Array.from({ length: 12 }, (_, n) => `h${String(n).padStart(2, '0')}`);

    await Promise.all(contents.map((hash) => orders.writeTrade(tradeWrite({ orderId, hash }))));

    expect((await orders.read(orderId))?.hash).toBe('h11');
  });

  it('parks a record above 350 KB before it is sent', async () => {
    const orderId = newOrderId();
    const trade = tradeFacet({ orderId, extra: { memo: '字'.repeat(120 * 1024) } });

    const write = orders.writeTrade(tradeWrite({ orderId, trade }));

    await expect(write).rejects.toMatchObject({ disposition: 'park', reason: 'record-too-large' });
    expect(await orders.read(orderId)).toBeUndefined();
  });

  it('parks an order whose facets together outgrow an item', async () => {
    const orderId = newOrderId();
    const extra = { memo: 'x'.repeat(300 * 1024) };
    await orders.writeTrade(tradeWrite({ orderId, trade: tradeFacet({ orderId, extra }) }));

    const facets = { car: { value: carFacet({ orderId, extra }), rev: 0 } };
    const write = orders.writeFacets({ orderId, shop: SHOP, facets, firstSeenAt: minute(1) });

    await expect(write).rejects.toMatchObject({ disposition: 'park', reason: 'record-too-large' });
  });

  it('stores what a lossless reply holds and gives it back the same', async () => {
    const orderId = newOrderId();
    const extra = {
      big: '98765432109876543210',
      list: [1, 0.29, null, {}, [], '', true, '😀'],
      deep: { a: { b: [] } },
    };
    await orders.writeTrade(tradeWrite({ orderId, trade: tradeFacet({ orderId, extra, title: undefined }) }));

    const order = await orders.read(orderId);

    expect(order?.trade).toEqual(tradeFacet({ orderId, extra }));
  });
});

describe('versionsOf', () => {
  it('finds the orders of a window over days and pages, with what they owe', async () => {
    const shop = '测试二店';
    const created = (day: number, time: string) => `2026-11-${day}T${time}+08:00`;
    const inside = Array.from({ length: 12 }, (_, n) => created(18 + (n % 3), `0${n % 10}:00:00`));
    const outside = [created(17, '23:59:59'), created(21, '00:00:00')];
    const written = [...inside, ...outside].map((createdAt, n) => {
      const orderId = newOrderId();
      const owes: Step[] = n % 2 === 0 ? ['car'] : [];
      return { orderId, write: tradeWrite({ orderId, shop, createdAt, owes }) };
    });
    await Promise.all(written.map(({ write }) => orders.writeTrade(write)));
    await orders.writeFacets({ orderId: newOrderId(), shop, facets: {}, firstSeenAt: minute(1) });

    const client = engines.newDynamoDb();
    const queries = limitPages(client, 3);
    const paged = createOrdersTable(client, tableName);
    const versions = await paged.versionsOf(shop, created(18, '00:00:00'), created(21, '00:00:00'));

    const expected = written
      .slice(0, 12)
      .map(
        ({ orderId, write }, n) =>
          [orderId, { modifiedAt: write.modifiedAt, hash: write.hash, owes: n % 2 === 0 }] as const,
      );
    expect(versions).toEqual(new Map(expected));
    expect(queries.count).toBeGreaterThan(4);
  });

  it('counts a trade created in the same second as inside, however the bound is written', async () => {
    const [shop, orderId] = ['测试三店', newOrderId()];
    await orders.writeTrade(tradeWrite({ shop, orderId, createdAt: '2026-11-20T10:00:00+08:00' }));

    const versions = await orders.versionsOf(
      shop,
      '2026-11-20T10:00:00.000+08:00',
      '2026-11-20T10:00:01+08:00',
    );

    expect([...versions.keys()]).toEqual([orderId]);
  });
});
