import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Step } from '../../lib/domain/order.ts';
import { createOrdersTable, type OrdersTable } from '../../lib/store/ordersTable.ts';

import { startTestEngines, type TestEngines } from '../support/engines.ts';
import { attributionFacet, carFacet, minute, SHOP, tradeWrite } from './samples.ts';

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

describe('writeFacets', () => {
  const firstSeenAt = minute(1);

  it('creates an order that has no trade yet', async () => {
    const orderId = newOrderId();
    const facets = { attribution: { value: attributionFacet(), rev: 0 }, lead: { value: null, rev: 0 } };

    const result = await orders.writeFacets({ orderId, shop: SHOP, facets, phoneIndex: 'ab', firstSeenAt });

    const order = await orders.read(orderId);
    expect(result).toEqual({ outcome: 'written', order });
    expect(order).toEqual({
      orderId,
      shop: SHOP,
      firstSeenAt,
      phoneIndex: 'ab',
      rev: 1,
      attribution: attributionFacet(),
      attributionRev: 1,
      lead: null,
      leadRev: 1,
      owes: [],
      gaps: {},
    });
  });

  it.each([
    ['the rev that was read', 1, 'written'],
    ['an older rev', 0, 'stale'],
    ['a rev that never was', 5, 'stale'],
  ])('given %s', async (_, rev, outcome) => {
    const orderId = newOrderId();
    const write = (value: ReturnType<typeof carFacet>, seen: number) =>
      orders.writeFacets({ orderId, shop: SHOP, facets: { car: { value, rev: seen } }, firstSeenAt });
    await write(carFacet(), 0);

    const result = await write(carFacet({ payStatusCode: 4 }), rev);

    expect(result.outcome).toBe(outcome);
    expect((await orders.read(orderId))?.car?.payStatusCode).toBe(outcome === 'written' ? 4 : 2);
  });

  it('writes all facets or none', async () => {
    const orderId = newOrderId();
    await orders.writeFacets({ orderId, shop: SHOP, facets: { car: { value: null, rev: 0 } }, firstSeenAt });

    const facets = { car: { value: carFacet(), rev: 0 }, lead: { value: { leadId: '1' }, rev: 0 } };
    const result = await orders.writeFacets({ orderId, shop: SHOP, facets, firstSeenAt });

    expect(result).toEqual({ outcome: 'stale' });
    expect(await orders.read(orderId)).not.toHaveProperty('lead');
  });

  it('is stale when the trade changed while the work was done', async () => {
    const orderId = newOrderId();
    await orders.writeTrade(tradeWrite({ orderId, hash: 'h1' }));
    await orders.writeTrade(tradeWrite({ orderId, hash: 'h2', modifiedAt: minute(7) }));

    const tradeVersion = { modifiedAt: minute(1), hash: 'h1' };
    const result = await orders.writeFacets({
      orderId,
      shop: SHOP,
      facets: {},
      tradeVersion,
      paid: ['car'],
      firstSeenAt,
    });

    expect(result).toEqual({ outcome: 'stale' });
    expect((await orders.read(orderId))?.owes).toContain('car');
  });

  it('does not take the same facet, written for an older trade, for its own', async () => {
    const orderId = newOrderId();
    const facets = { lead: { value: null, rev: 0 } };
    await orders.writeTrade(tradeWrite({ orderId }));
    await orders.writeFacets({ orderId, shop: SHOP, facets, paid: ['lead'], firstSeenAt });
    await orders.writeTrade(tradeWrite({ orderId, hash: 'h2', modifiedAt: minute(7) }));

    const result = await orders.writeFacets({ orderId, shop: SHOP, facets, paid: ['lead'], firstSeenAt });

    expect(result).toEqual({ outcome: 'stale' });
    expect((await orders.read(orderId))?.owes).toContain('lead');
  });

  it('pays steps one by one until nothing is owed', async () => {
    const orderId = newOrderId();
    await orders.writeTrade(tradeWrite({ orderId, owes: ['car', 'lead'] }));
    const pay = async (step: Step) => {
      const result = await orders.writeFacets({ orderId, shop: SHOP, facets: {}, paid: [step], firstSeenAt });
      return result.outcome === 'written' ? result.order.owes : result.outcome;
    };

    const left = [await pay('car'), await pay('items'), await pay('lead'), await pay('lead')];

    expect(left).toEqual([['lead'], ['lead'], [], []]);
  });

  it('names gaps per step and removes them again', async () => {
    const orderId = newOrderId();
    const write = (gaps: Partial<Record<Step, string | null>>) =>
      orders.writeFacets({ orderId, shop: SHOP, facets: {}, gaps, firstSeenAt });

    await write({ car: 'invalid-session', items: 'banned' });
    await write({ car: null, lead: null });

    expect((await orders.read(orderId))?.gaps).toEqual({ items: 'banned' });
  });
});
