import { describe, expect, it } from 'vitest';
import { toEpochMs, toIso } from '../../lib/domain/chinaTime.ts';
import { countTrades } from '../../lib/pull/countTrades.ts';
import { estimateBackfill, windowsOf } from '../../lib/pull/estimateBackfill.ts';
import { pullTrades } from '../../lib/pull/pullTrades.ts';
import { createBench, DAY, MINUTE } from './bench.ts';
import { askedTrades, listTrades, type ModelTrade } from './worldModel.ts';

const HOUR = 60 * MINUTE;
const FROM = toEpochMs('2026-11-10T06:00:00+08:00');
const BOUNDS = { from: FROM, to: FROM + 3 * DAY };
const RATE = { pageSize: 3, ratePerSecond: 4 };

const trades = Array.from({ length: 20 }, (_, n): ModelTrade => {
  const at = FROM + n * 3 * HOUR;
  return { id: String(70_000_000_000 + n), createdAt: at, modifiedAt: at, status: 'WAIT_BUYER_PAY' };
});

function benchOver(rows: readonly ModelTrade[], mostRows = 2_000) {
  const bench = createBench({
    mostRows,
    answer: (call) => listTrades(call.params, rows, bench.clock.now()),
  });
  return bench;
}

describe('the cost of a backfill', () => {
  it('counts a window for each Beijing day that it touches', () => {
    expect(windowsOf(BOUNDS).map(({ from, to }) => (to - from) / HOUR)).toEqual([18, 24, 24, 6]);
    expect(estimateBackfill({ ...BOUNDS, ...RATE })).toEqual({
      windows: 4,
      rows: undefined,
      listingCalls: 4,
      orderCalls: 0,
      seconds: 2,
    });
  });

  it.each([
    ['fits its windows', 2_000],
    ['has windows that are halved', 4],
  ])('is what a world costs that %s', async (_, mostRows) => {
    const bench = benchOver(trades, mostRows);
    const counted = await countTrades(
      bench.deps,
      { sellerNick: 'shop', session: 's' },
      BOUNDS,
      bench.limits(),
    );
    const asked = bench.calls.length;

    await pullTrades(
      bench.deps,
      { lane: 'backfill', from: toIso(BOUNDS.from), until: toIso(BOUNDS.to) },
      bench.limits(),
    );

    const totals = counted.map(({ total }) => total);
    const estimate = estimateBackfill({ ...BOUNDS, ...RATE, totals, mostRows });
    expect(asked).toBe(4);
    expect(totals).toEqual([6, 8, 6, 0]);
    expect(estimate.rows).toBe(20);
    // Once halved, the walk keeps the shorter windows for a while: the estimate may be a few calls off.
    expect(Math.abs(bench.calls.length - asked - estimate.listingCalls)).toBeLessThanOrEqual(
      mostRows > 100 ? 0 : 6,
    );
  });

  it('is asked for one row at a time, with every type and the share of a backfill', async () => {
    const bench = benchOver(trades);

    await countTrades(bench.deps, { sellerNick: 'shop', session: 's' }, BOUNDS, bench.limits());

    const [call] = bench.calls;
    expect(askedTrades(call?.params)).toMatchObject({ pageSize: 1, fields: 'tid', first: FROM });
    expect(call?.options).toMatchObject({ priority: 'backfill' });
  });

  it('stops at a reply without total instead of counting nothing', async () => {
    const bench = createBench({ answer: () => ({ trades: { trade: [] } }) });

    const counting = countTrades(bench.deps, { sellerNick: 'shop', session: 's' }, BOUNDS, bench.limits());

    await expect(counting).rejects.toMatchObject({ reason: 'total-missing' });
  });
});
