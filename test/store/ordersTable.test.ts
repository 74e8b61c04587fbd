import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Step } from '../../lib/domain/order.ts';
import { createOrdersTable, type OrdersTable, type TradeWrite } from '../../lib/store/ordersTable.ts';
import { limitPages, loseReplies } from '../support/dynamoDbFaults.ts';
import { startTestEngines, type TestEngines } from '../support/engines.ts';
import { attributionFacet, carFacet, minute, SHOP, tradeFacet, tradeWrite } from './samples.ts';

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
