import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createOrdersTable, type OrdersTable } from '../../lib/store/ordersTable.ts';

import { startTestEngines, type TestEngines } from '../support/engines.ts';
import { carFacet, minute, SHOP, tradeWrite } from './samples.ts';

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

describe('any order of deliveries', () => {
  const version = fc.record({
    modified: fc.integer({ min: 1, max: 3 }),
    observed: fc.integer({ min: 10, max: 13 }),
    hash: fc.constantFrom('h1', 'h2', 'h3'),
  });
  const deliveries = fc
    .array(version, { minLength: 1, maxLength: 5 })
    .chain((sent) =>
      fc.tuple(fc.constant(sent), fc.shuffledSubarray([...sent, ...sent], { minLength: sent.length * 2 })),
    );

  /** What a consumer does with one trade: write it, then do and pay what is owed for the stored version. */
  async function consume(
    orderId: string,
    { modified, observed, hash }: { modified: number; observed: number; hash: string },
  ) {
    const version = { modifiedAt: minute(modified), observedAt: minute(observed), hash };
    await orders.writeTrade(tradeWrite({ orderId, ...version, owes: ['car', 'lead'] }));
    for (;;) {
      const order = await orders.read(orderId);
      if (order?.tradeModifiedAt === undefined || order.hash === undefined || order.owes.length === 0) return;
      const car = carFacet({ orderId, payStatus: `for ${order.tradeModifiedAt} ${order.hash}` });
      const result = await orders.writeFacets({
        orderId,
        shop: SHOP,
        facets: {
          car: { value: car, rev: order.carRev ?? 0 },
          lead: { value: null, rev: order.leadRev ?? 0 },
        },
        tradeVersion: { modifiedAt: order.tradeModifiedAt, hash: order.hash },
        paid: ['car', 'lead'],
        firstSeenAt: minute(1),
      });
      if (result.outcome === 'written' && result.order.owes.length === 0) return;
    }
  }

  /** The item without what tells how often and when it was written. */
  async function content(orderId: string) {
    const {
      rev: _r,
      carRev: _c,
      leadRev: _l,
      firstSeenAt: _f,
      orderId: _o,
      trade,
      car,
      ...rest
    } = (await orders.read(orderId)) ?? { orderId, shop: '', rev: 0, firstSeenAt: '', owes: [], gaps: {} };
    return { ...rest, title: trade?.title, car: car?.payStatus };
  }

  it('ends with the greatest version and its facets, delivered one after the other or at once', async () => {
    await fc.assert(
      fc.asyncProperty(deliveries, async ([sent, shuffled]) => {
        const [first, second, third] = [newOrderId(), newOrderId(), newOrderId()];
        for (const one of sent) await consume(first, one);
        for (const one of shuffled) await consume(second, one);
        await Promise.all(shuffled.map((one) => consume(third, one)));

        const rank = (v: { modified: number; observed: number; hash: string }) =>
          `${v.modified} ${v.observed} ${v.hash}`;
        const greatest = sent.reduce((best, one) => (rank(one) > rank(best) ? one : best));
        const expected = await content(first);
        expect(expected).toMatchObject({
          hash: greatest.hash,
          tradeModifiedAt: minute(greatest.modified),
          tradeObservedAt: minute(greatest.observed),
          car: `for ${minute(greatest.modified)} ${greatest.hash}`,
          owes: [],
        });
        expect(await content(second)).toEqual(expected);
        expect(await content(third)).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  });
});
