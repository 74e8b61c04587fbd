import { describe, expect, it } from 'vitest';
import { pullTrades } from '../../lib/pull/pullTrades.ts';
import { CRM_TRADE_TYPES } from '../../lib/top/apis/crmTradesInfoCreate.ts';
import { type Bench, createBench, MINUTE, NOON } from './bench.ts';
import type { AskedCall } from './fakeTop.ts';
import { askedTrades, listTrades, type ModelTrade, tradeRow } from './worldModel.ts';

const HOUR = 60 * MINUTE;

function tradesUpTo(count: number): ModelTrade[] {
  return Array.from({ length: count }, (_, n) => ({
    id: `42776593954562${String(10_000 + n)}`,
    createdAt: NOON - HOUR + n * 30_000,
    modifiedAt: NOON - HOUR + n * 30_000,
    status: 'WAIT_BUYER_PAY',
  }));
}

const FROM = { lane: 'live', from: new Date(NOON - 2 * HOUR).toISOString() } as const;

/** A bench over a world of trades; `change` may spoil the honest reply. */
function benchOver(
  trades: ModelTrade[],
  options: {
    readonly cap?: number;
    readonly statesPageSize?: boolean;
    readonly mostRows?: number;
    readonly change?: (reply: ReturnType<typeof listTrades>, call: AskedCall, nth: number) => unknown;
  } = {},
): Bench {
  let nth = 0;
  const { change, mostRows, ...listing } = options;
  const bench = createBench({
    ...(mostRows !== undefined && { mostRows }),
    answer: (call) => {
      const reply = listTrades(call.params, trades, bench.clock.now(), listing);
      nth += 1;
      return change === undefined ? reply : change(reply, call, nth);
    },
  });
  return bench;
}

async function pull(bench: Bench) {
  const { streams } = await pullTrades(bench.deps, FROM, bench.limits());
  const [report] = streams;
  if (report === undefined) throw new Error('no report');
  return report;
}

const pagesOf = (bench: Bench): number[] =>
  bench.calls
    .map(({ params }) => askedTrades(params))
    .flatMap(({ page, pageSize }) => (pageSize > 1 ? [page] : []));

describe('the walk of a window of trades', () => {
  it('asks for the total alone, then reads from the last page to the first, and sends every trade', async () => {
    const trades = tradesUpTo(8);
    const bench = benchOver(trades);

    const report = await pull(bench);

    const [count, ...pages] = bench.calls.map(({ params }) => askedTrades(params));
    expect(count).toMatchObject({ page: 1, pageSize: 1, fields: 'tid' });
    expect(pages.map(({ page }) => page)).toEqual([3, 2, 1]);
    expect(bench.sentIds()).toEqual(new Set(trades.map(({ id }) => id)));
    expect(report).toMatchObject({
      state: 'caught-up',
      windows: 1,
      pages: 3,
      rows: 8,
      enqueued: 8,
      parked: 0,
    });
  });

  it('always names every type and every field, or the types of the shop', async () => {
    const [usual, own] = [benchOver(tradesUpTo(1)), benchOver(tradesUpTo(1))];
    await pull(usual);
    await pullTrades(
      { ...own.deps, shops: [{ sellerNick: 'shop', session: 's', types: ['step'] }] },
      FROM,
      own.limits(),
    );

    const [, page] = usual.calls.map(({ params }) => askedTrades(params));
    expect(page?.type.split(',')).toEqual([...CRM_TRADE_TYPES]);
    expect(page?.fields.split(',')).toEqual(
      expect.arrayContaining(['tid', 'step_trade_status', 'orders', 'oid']),
    );
    expect(askedTrades(own.calls[1]?.params).type).toBe('step');
  });

  it('closes an empty window only because the reply states a total of zero', async () => {
    const [empty, silent] = [benchOver([]), benchOver([], { change: () => ({ trades: { trade: [] } }) })];

    const [closed, open] = [await pull(empty), await pull(silent)];

    expect(closed).toMatchObject({ state: 'caught-up', windows: 1, openWindows: 0 });
    expect(open).toMatchObject({ state: 'caught-up', windows: 0, openWindows: 1 });
  });

  it('follows the page size that the server really uses', async () => {
    const trades = tradesUpTo(9);
    const bench = benchOver(trades, { cap: 2 });

    const report = await pull(bench);

    expect(report).toMatchObject({ state: 'caught-up', windows: 1, openWindows: 0 });
    expect(bench.sentIds().size).toBe(9);
    expect(pagesOf(bench)).toEqual([3, 5, 4, 3, 2, 1]);
  });

  it('finds out a smaller page that the server does not state, by walking again', async () => {
    const bench = benchOver(tradesUpTo(9), { cap: 2, statesPageSize: false });

    const report = await pull(bench);

    expect(report).toMatchObject({ state: 'caught-up', windows: 1, openWindows: 0 });
    expect(bench.sentIds().size).toBe(9);
    expect(bench.events).toContainEqual({ event: 'walk-failed', reason: 'rows-do-not-add-up' });
  });

  it('walks again when a late row changes the total between pages, and misses nothing', async () => {
    const trades = tradesUpTo(7);
    const late = { ...(tradesUpTo(8)[7] ?? fail()), listedAt: NOON + 1 };
    const bench = benchOver([...trades, late], {
      change: (reply, _call, nth) => {
        if (nth === 2) bench.clock.move(10);
        return reply;
      },
    });

    const report = await pull(bench);

    expect(bench.events).toContainEqual({ event: 'walk-failed', reason: 'total-changed' });
    expect(report).toMatchObject({ state: 'caught-up', windows: 1 });
    expect(bench.sentIds().size).toBe(8);
  });

  it('counts a row once that shifted onto a second page', async () => {
    const trades = tradesUpTo(7);
    const bench = benchOver(trades, {
      change: (reply, { params }) => {
        // The row that page 3 showed has moved to page 2 as well.
        if (askedTrades(params).page === 2) reply.trades.trade.push(tradeRow(trades[0] ?? fail()));
        return reply;
      },
    });

    const report = await pull(bench);

    expect(report).toMatchObject({ state: 'caught-up', windows: 1, rows: 8, openWindows: 0 });
  });

  it('does not close a window whose rows are fewer than its total', async () => {
    const bench = benchOver(tradesUpTo(7), {
      change: (reply, { params }) => {
        if (askedTrades(params).page === 2 && askedTrades(params).pageSize > 1) reply.trades.trade.pop();
        return reply;
      },
    });

    const report = await pull(bench);

    expect(report).toMatchObject({ state: 'caught-up', windows: 0, openWindows: 1 });
    expect(bench.events.filter(({ event }) => event === 'walk-failed')).toHaveLength(5);
    expect(bench.events).toContainEqual({ event: 'window-left-open', reason: 'rows-do-not-add-up' });
    expect([...bench.streams.ledger.values()]).toMatchObject([{ stream: 'trades#shop#live' }]);
  });

  it('takes rows from outside the window for another question’s answer and sends none of them', async () => {
    const foreign = { ...(tradesUpTo(1)[0] ?? fail()), createdAt: NOON - 30 * HOUR };
    const bench = benchOver(tradesUpTo(2), {
      change: (reply, { params }) =>
        askedTrades(params).pageSize === 1
          ? reply
          : { ...reply, trades: { trade: [tradeRow(foreign), tradeRow(tradesUpTo(2)[1] ?? fail())] } },
    });

    const report = await pull(bench);

    expect(bench.sent).toEqual([]);
    expect(bench.events).toContainEqual({ event: 'walk-failed', reason: 'row-outside-window' });
    expect(report.openWindows).toBe(1);
  });

  it('parks an unreadable row, sealed, counts it, and takes it out of quarantine once it can be read', async () => {
    const trades = tradesUpTo(4);
    const broken = trades[1] ?? fail();
    broken.broken = true;
    const bench = benchOver(trades);

    const first = await pull(bench);
    const [parked] = [...bench.quarantine.values()];
    bench.consume();
    broken.broken = false;
    const second = await pullTrades(bench.deps, { lane: 'day' }, bench.limits());

    expect(first).toMatchObject({ state: 'caught-up', windows: 1, parked: 1, enqueued: 3, openWindows: 0 });
    expect(parked).toMatchObject({
      orderId: broken.id,
      reason: 'unreadable-row',
      field: 'payment',
      shop: 'shop',
    });
    expect(parked?.payloadSealed?.envelope.aad).toContain('quarantine|');
    expect(second.streams[0]).toMatchObject({ enqueued: 1, unchanged: 3, parked: 0 });
    expect(bench.quarantine.size).toBe(0);
  });

  it('counts unreadable rows without any id by their content', async () => {
    const trades = tradesUpTo(3);
    const bench = benchOver(trades, {
      change: (reply, { params }) => {
        if (askedTrades(params).pageSize > 1) reply.trades.trade.splice(0, 2, { no: 'id' }, { other: 1 });
        return reply;
      },
    });

    const report = await pull(bench);

    expect(report).toMatchObject({ windows: 1, parked: 2, enqueued: 1, openWindows: 0 });
  });

  it('sends nothing for trades that are stored unchanged with nothing owed', async () => {
    const trades = tradesUpTo(4);
    const bench = benchOver(trades);
    await pull(bench);
    bench.consume();
    const [first, second] = trades;
    if (first !== undefined) first.status = 'TRADE_CLOSED';
    const owing = bench.versions.get(second?.id ?? '');
    if (owing !== undefined) bench.versions.set(second?.id ?? '', { ...owing, owes: true });
    const before = bench.sent.length;

    const { streams } = await pullTrades(bench.deps, { lane: 'day' }, bench.limits());

    expect(streams[0]).toMatchObject({ enqueued: 2, unchanged: 2 });
    expect(bench.sent.slice(before).map((message) => message.kind === 'trade' && message.orderId)).toEqual(
      expect.arrayContaining([first?.id, second?.id]),
    );
  });

  it('counts a row once that two pages show', async () => {
    const trades = tradesUpTo(4);
    const bench = benchOver(trades, {
      // The last page is filled up with rows of the page before.
      change: (reply, { params }) =>
        askedTrades(params).page === 2
          ? { ...reply, trades: { trade: trades.slice(0, 3).map(tradeRow) } }
          : reply,
    });

    const report = await pull(bench);

    expect(report).toMatchObject({ windows: 1, rows: 6, openWindows: 0 });
    expect([...bench.streams.closed.values()]).toMatchObject([
      { total: 4, distinct: 4, enqueued: 4, unchanged: 0, parked: 0, attempts: 1, lane: 'live' },
    ]);
  });

  it('keeps a row that spells its seller otherwise, and tells how many there were', async () => {
    const bench = benchOver(tradesUpTo(4), {
      change: ({ trades, ...reply }) => ({
        ...reply,
        trades: {
          trade: trades.trade.map((row, n) => ({ ...Object(row), seller_nick: n === 0 ? 'Shop ' : 'shop' })),
        },
      }),
    });

    const report = await pull(bench);

    // Pages of three: the first row of each of the two.
    expect(report).toMatchObject({ state: 'caught-up', enqueued: 4, parked: 0 });
    expect(bench.events).toContainEqual({ event: 'trade-drift', reason: 'foreignSeller' });
  });

  it('parks a row that names another configured shop', async () => {
    const bench = benchOver(tradesUpTo(2), {
      change: ({ trades, ...reply }) => ({
        ...reply,
        trades: { trade: trades.trade.map((row) => ({ ...Object(row), seller_nick: 'other' })) },
      }),
    });
    const shops = [...bench.deps.shops, { sellerNick: 'other', session: 't' }];

    const { streams } = await pullTrades({ ...bench.deps, shops }, { ...FROM, shop: 'shop' }, bench.limits());
    const { streams: own } = await pullTrades(
      { ...bench.deps, shops },
      { ...FROM, shop: 'other' },
      bench.limits(),
    );

    expect(streams[0]).toMatchObject({ state: 'caught-up', windows: 1, enqueued: 0, parked: 2 });
    expect(own[0]).toMatchObject({ state: 'caught-up', enqueued: 2, parked: 0 });
    expect(bench.events).toContainEqual({ event: 'row-parked', reason: 'foreign-seller' });
  });

  it('shortens windows that hold too many rows, and lengthens them again', async () => {
    const trades = tradesUpTo(100);
    const bench = benchOver(trades, { mostRows: 20 });

    const report = await pull(bench);

    expect(report).toMatchObject({ state: 'caught-up', openWindows: 0 });
    expect(report.windows).toBeGreaterThan(4);
    expect(bench.sentIds().size).toBe(100);
    const totals = [...bench.streams.states.values()];
    expect(totals).toMatchObject([{ watermark: report.to }]);
  });
});

function fail(): never {
  throw new Error('no such trade');
}
