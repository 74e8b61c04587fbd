import { DeleteItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toEpochMs } from '../../lib/domain/chinaTime.ts';
import { STEPS } from '../../lib/domain/order.ts';
import { createTradeHealer } from '../../lib/pull/healTrades.ts';
import type { PullInput } from '../../lib/pull/pullInput.ts';
import { pullTrades } from '../../lib/pull/pullTrades.ts';
import { toItem } from '../../lib/store/items.ts';
import { createOrdersTable } from '../../lib/store/ordersTable.ts';
import { startTestEngines, type TestEngines } from '../support/engines.ts';
import { createBench, keys, MINUTE } from './bench.ts';
import { listTrades, type ModelTrade } from './worldModel.ts';

const DAY = '2026-11-18';
const MIDNIGHT = toEpochMs(`${DAY}T00:00:00+08:00`);
const PHONE = '13900000001';
const NEW = { lane: 'backfill', from: `${DAY}T00:00:00+08:00`, until: '2026-11-19T00:00:00+08:00' } as const;
const RECONCILE = { lane: 'reconcile', shop: 'shop', day: DAY } as const;

let engines: TestEngines;
beforeAll(async () => {
  engines = await startTestEngines();
});
afterAll(() => engines.close());

/** A day of three orders that are stored and enriched; upstream sends a field with a phone that nobody knows. */
async function storedDay() {
  const trades = Array.from({ length: 3 }, (_, n): ModelTrade => {
    const at = MIDNIGHT + n * 60 * MINUTE;
    return { id: String(70_000_000_000 + n), createdAt: at, modifiedAt: at, status: 'WAIT_BUYER_PAY' };
  });
  const table = await engines.createTable('OrdersTable');
  const orders = createOrdersTable(engines.dynamoDb, table);
  const bench = createBench({
    answer: (call) => {
      const reply = listTrades(call.params, trades, bench.clock.now());
      const rows = reply.trades.trade.map((row, n) => ({ ...Object(row), contact_mobile: `${PHONE}${n}` }));
      return { ...reply, trades: { trade: rows } };
    },
    pageSize: 10,
  });
  const deps = {
    ...bench.deps,
    orders,
    healer: createTradeHealer({ orders, keys: { ...keys, readKey: keys.keyFor } }),
  };
  let consumed = 0;

  /** What `enrichOrders` does with the messages that came since. */
  async function consume(): Promise<string[]> {
    const messages = bench.sent.slice(consumed).filter((message) => message.kind === 'trade');
    consumed = bench.sent.length;
    for (const { orderId, shop, trade, hash, observedAt } of messages) {
      const { createdAt, modifiedAt, status } = trade;
      const head = { orderId, shop, createdAt, status, trade, hash, modifiedAt, observedAt };
      const written = await orders.writeTrade({ ...head, owes: STEPS });
      const order = written.outcome === 'written' ? written.order : await orders.read(orderId);
      if (order === undefined) throw new Error('no order');
      await orders.writeFacets({
        orderId,
        shop,
        firstSeenAt: observedAt,
        facets: {
          car: { value: null, rev: order.carRev ?? 0 },
          items: { value: {}, rev: order.itemsRev ?? 0 },
          attribution: { value: { lines: 0, statusCodes: [], statuses: [] }, rev: order.attributionRev ?? 0 },
          lead: { value: null, rev: order.leadRev ?? 0 },
        },
        paid: order.owes,
      });
    }
    return messages.map(({ orderId }) => orderId);
  }

  async function pull(input: PullInput) {
    bench.clock.move(MINUTE);
    const { streams } = await pullTrades(deps, input, bench.limits());
    return {
      report: streams[0],
      consumed: await consume(),
      manifest: bench.streams.dayRows.get(`shop ${DAY}`),
    };
  }

  const key = (orderId: string) => ({ TableName: table, Key: toItem({ orderId }) });
  /** The documents without the counters of their writes. */
  async function documents() {
    return await Promise.all(
      trades.map(async ({ id }) => {
        const order = await orders.read(id);
        const { shop, createdAt, status, trade, car, items, attribution, lead, owes, hash } = order ?? {};
        const sealed = JSON.stringify(trade?.extra).replace(/"(iv|ct|tag)":"[^"]*"/g, '');
        return {
          shop,
          createdAt,
          status,
          trade: { ...trade, extra: sealed },
          car,
          items,
          attribution,
          lead,
          owes,
          hash,
        };
      }),
    );
  }
  await pull(NEW);
  return { bench, orders, pull, documents, key, ids: trades.map(({ id }) => id) };
}

const [FIRST, SECOND] = ['70000000000', '70000000001'];
const set = (expression: string, values?: Record<string, unknown>, names?: Record<string, string>) => ({
  UpdateExpression: expression,
  ...(values && { ExpressionAttributeValues: toItem(values) }),
  ...(names && { ExpressionAttributeNames: names }),
});

/** By hand, in the table; every one leaves version and owes as they were unless it says otherwise. */
const ALTERATIONS = [
  ['an amount of the trade', set('SET trade.paymentFen = :v', { ':v': 1 })],
  ['a status beside the trade', set('SET #status = :v', { ':v': 'paid' }, { '#status': 'status' })],
  ['a member too many', set('SET trade.invented = :v', { ':v': 'x' })],
  ['the mask of a sealed value', set('SET trade.extra.contact_mobileSealed.mask = :v', { ':v': '***' })],
  ['a sealed value', set('SET trade.extra.contact_mobileSealed.envelope.ct = :v', { ':v': 'AAAA' })],
  ['the hash', set('SET #hash = :v', { ':v': 'f00' }, { '#hash': 'hash' })],
  ['the hash, taken away', set('REMOVE #hash', undefined, { '#hash': 'hash' })],
  ['a version from the future', set('SET tradeModifiedAt = :v', { ':v': '2030-01-01T00:00:00+08:00' })],
  [
    'an observation from the future',
    set('SET tradeObservedAt = :v, trade.paymentFen = :n', { ':v': '2030-01-01T00:00:00+08:00', ':n': 1 }),
  ],
  ['the trade as a whole, taken away', set('REMOVE trade')],
  ['the car, taken away', set('REMOVE car')],
  ['the lead, taken away', set('REMOVE #lead', undefined, { '#lead': 'lead' })],
  ['the day of the index', set('SET shopDay = :v', { ':v': 'shop#2026-11-01' })],
] as const;

describe('reconcile', () => {
  it.each(ALTERATIONS)('finds and heals %s', async (_, alteration) => {
    const { bench, pull, documents, key } = await storedDay();
    const truth = await documents();
    await engines.dynamoDb.send(new UpdateItemCommand({ ...key(FIRST), ...alteration }));

    const first = await pull({ ...RECONCILE, reask: false });
    const second = await pull({ ...RECONCILE, reask: false });

    expect(first.manifest).toMatchObject({ upstream: 3, present: 2, missing: 1, differing: 1, state: 'red' });
    expect(first.consumed).toEqual([FIRST]);
    expect(second.manifest).toMatchObject({
      present: 3,
      missing: 0,
      healed: 3,
      state: 'green',
      lane: 'reconcile',
    });
    expect(second.consumed).toEqual([]);
    expect(await documents()).toEqual(truth);
    expect(bench.quarantine.size).toBe(0);
  });

  it('brings back an order that was deleted by hand', async () => {
    const { pull, documents, key } = await storedDay();
    const truth = await documents();
    await engines.dynamoDb.send(new DeleteItemCommand(key(SECOND)));

    const { manifest, consumed } = await pull(RECONCILE);

    expect(manifest).toMatchObject({ upstream: 3, present: 2, missing: 1, differing: 0 });
    expect(consumed).toContain(SECOND);
    expect(await documents()).toEqual(truth);
  });

  it('asks again for everything of every order of the day, unless told not to', async () => {
    const { bench, pull, ids, orders, key } = await storedDay();
    await engines.dynamoDb.send(
      new UpdateItemCommand({
        ...key(FIRST),
        ...set('SET attribution.#lines = :v', { ':v': 99 }, { '#lines': 'lines' }),
      }),
    );

    const { report, manifest, consumed } = await pull(RECONCILE);

    expect(report).toMatchObject({
      state: 'caught-up',
      lane: 'reconcile',
      stream: `trades#shop#reconcile#${DAY}`,
    });
    expect(manifest).toMatchObject({ upstream: 3, present: 3, missing: 0, state: 'green' });
    expect(consumed.toSorted()).toEqual(ids);
    expect((await orders.read(FIRST))?.attribution).toEqual({ lines: 0, statusCodes: [], statuses: [] });
    expect(bench.streams.ledger.size).toBe(0);
  });

  it('is done once for a caller that says since when, and anew for every other', async () => {
    const { bench, pull } = await storedDay();
    const since = new Date(bench.clock.now()).toISOString();
    const [first, again, anew] = [
      await pull({ ...RECONCILE, since }),
      await pull({ ...RECONCILE, since }),
      await pull(RECONCILE),
    ];

    expect([first.report?.pages, again.report?.pages, anew.report?.pages]).toEqual([1, 0, 1]);
  });

  it('of a day that is not over is told as such', async () => {
    const { pull, bench } = await storedDay();

    await pull({ ...RECONCILE, day: '2026-11-20' });

    expect(bench.streams.dayRows.get('shop 2026-11-20')).toMatchObject({
      state: 'red',
      reason: 'day-not-over',
    });
  });

  it.each([
    { lane: 'reconcile', shop: 'shop' },
    { lane: 'reconcile', day: DAY },
  ])('refuses %o', async (input) => {
    const { pullInputSchema } = await import('../../lib/pull/pullInput.ts');

    expect(pullInputSchema.safeParse(input).error?.issues[0]?.path).toEqual(['day']);
  });
});
