import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toEpochMs, toIso } from '../../lib/domain/chinaTime.ts';
import type { RunLimits } from '../../lib/pull/pullInput.ts';
import { pullTrades } from '../../lib/pull/pullTrades.ts';
import { type Bench, createBench, MINUTE, NOON } from './bench.ts';
import { createStreamsModel } from './streamsModel.ts';
import { listTrades, type ModelTrade } from './worldModel.ts';

const HOUR = 60 * MINUTE;
const FROM = new Date(NOON - 3 * HOUR).toISOString();

type Crash = { readonly atEffect: number; readonly when: 'before' | 'after' };

/** Trades with seconds between them, some listed late but within the overlap. */
const worlds = fc
  .array(fc.record({ gap: fc.integer({ min: 0, max: 400 }), late: fc.boolean() }), { maxLength: 40 })
  .map((rows) => {
    let createdAt = NOON - 2 * HOUR;
    return rows.map(({ gap, late }, n): ModelTrade => {
      createdAt += gap * 1000;
      return {
        id: `42776593954562${String(10_000 + n)}`,
        createdAt,
        modifiedAt: createdAt,
        status: 'WAIT_BUYER_PAY',
        listedAt: createdAt + (late ? 4 * MINUTE : 0),
      };
    });
  });

const histories = fc.array(
  fc.record({
    atEffect: fc.integer({ min: 1, max: 30 }),
    when: fc.constantFrom<'before' | 'after'>('before', 'after'),
  }),
  { maxLength: 6 },
);

/** What the watermark promises: every trade listed before it was passed has been sent. */
function expectNothingLost(bench: Bench, trades: readonly ModelTrade[]): void {
  const watermark = bench.streams.states.get('trades#shop#live')?.watermark;
  if (watermark === undefined) return;
  const passed = trades.filter(({ createdAt, listedAt = 0 }) => {
    const isSettled = listedAt <= createdAt + 2 * MINUTE || createdAt < toEpochMs(watermark) - 5 * MINUTE;
    return createdAt < toEpochMs(watermark) && isSettled;
  });
  expect([...bench.sentIds()]).toEqual(expect.arrayContaining(passed.map(({ id }) => id)));
}

/**
 * The ledger's windows cover the time from the stream's beginning to its watermark. Their bounds are whole seconds,
 * the finest that TOP states, so trades of one second are never told apart.
 */
function expectCovered(bench: Bench, watermark: string | undefined): void {
  const windows = [...bench.streams.closed.values()].sort((a, b) => (a.from < b.from ? -1 : 1));
  let end = toIso(toEpochMs(FROM));
  for (const { from, to } of windows) {
    expect(from <= end).toBe(true);
    expect([from, to].every((at) => /T\d\d:\d\d:\d\d\+08:00$/.test(at))).toBe(true);
    if (to > end) end = to;
  }
  expect(end).toBe(watermark);
}

/** Runs that die at the given effects, a minute apart, then one that lives. */
async function live(trades: readonly ModelTrade[], history: readonly Crash[], mostRows: number) {
  const streams = createStreamsModel();
  let left = Number.POSITIVE_INFINITY;
  let when: Crash['when'] = 'before';
  let isDead = false;
  const watermarks: string[] = [];
  const bench = createBench({
    streams,
    mostRows,
    answer: (call) => listTrades(call.params, trades, bench.clock.now()),
    hook: (_effect, moment) => {
      // A dead process does nothing more, not even tidy up.
      if (moment === 'before') left -= 1;
      if (isDead || (left <= 0 && moment === when)) {
        isDead = true;
        throw new Error('killed');
      }
      if (moment === 'after') {
        const watermark = streams.states.get('trades#shop#live')?.watermark;
        if (watermark !== undefined) watermarks.push(watermark);
        expectNothingLost(bench, trades);
      }
    },
  });
  for (const crash of [...history, undefined]) {
    isDead = false;
    left = crash?.atEffect ?? Number.POSITIVE_INFINITY;
    when = crash?.when ?? 'before';
    await pullTrades(bench.deps, { lane: 'live', from: FROM }, bench.limits());
    bench.clock.move(2 * MINUTE);
  }
  // Two calm ticks: the overlap brings what was listed late.
  isDead = false;
  bench.clock.move(10 * MINUTE);
  const { streams: last } = await pullTrades(bench.deps, { lane: 'live' }, bench.limits());
  return { bench, watermarks, last };
}

describe('a run that dies at any effect', () => {
  it('loses nothing, never moves the watermark back, and the next runs complete the work', async () => {
    await fc.assert(
      fc.asyncProperty(worlds, histories, fc.constantFrom(5, 2_000), async (trades, history, mostRows) => {
        const { bench, watermarks, last } = await live(trades, history, mostRows);

        expect(last).toMatchObject([{ state: 'caught-up', openWindows: 0 }]);
        expect(bench.sentIds()).toEqual(new Set(trades.map(({ id }) => id)));
        expect(watermarks).toEqual(watermarks.toSorted());
        expect(bench.streams.ledger.size).toBe(0);
        expectCovered(bench, watermarks.at(-1));
      }),
      { numRuns: 150 },
    );
  });

  it('goes on in mid-window from the stored place instead of from the window’s end', async () => {
    const trades = Array.from({ length: 12 }, (_, n): ModelTrade => {
      const at = NOON - HOUR + n * 1000;
      return { id: String(70_000_000_000 + n), createdAt: at, modifiedAt: at, status: 'WAIT_BUYER_PAY' };
    });
    let fetches = 0;
    const bench = createBench({
      answer: (call) => {
        fetches += 1;
        if (fetches === 4) throw new Error('killed');
        return listTrades(call.params, trades, bench.clock.now());
      },
    });
    const [killed] = (await pullTrades(bench.deps, { lane: 'live', from: FROM }, bench.limits())).streams;

    const [done] = (await pullTrades(bench.deps, { lane: 'live', from: FROM }, bench.limits())).streams;

    expect(killed).toMatchObject({ state: 'failed', pages: 2 });
    expect(done).toMatchObject({ state: 'caught-up', pages: 2, enqueued: 6 });
    expect(bench.sent).toHaveLength(12);
  });
});

describe('two runs on one stream', () => {
  const trades = Array.from({ length: 9 }, (_, n): ModelTrade => {
    const at = NOON - HOUR + n * 1000;
    return { id: String(70_000_000_000 + n), createdAt: at, modifiedAt: at, status: 'WAIT_BUYER_PAY' };
  });

  it('skips a stream that another run holds, without a call', async () => {
    let other: Promise<unknown> | undefined;
    const reports: unknown[] = [];
    const bench = createBench({
      answer: async (call) => {
        other ??= pullTrades(bench.deps, { lane: 'live', from: FROM }, bench.limits()).then((report) =>
          reports.push(report),
        );
        await other;
        return listTrades(call.params, trades, bench.clock.now());
      },
    });

    await pullTrades(bench.deps, { lane: 'live', from: FROM }, bench.limits());

    expect(reports).toMatchObject([{ streams: [{ state: 'held', pages: 0 }] }]);
    expect(bench.sent).toHaveLength(9);
  });

  it('lets a run that slept through its lease write nothing and send nothing more', async () => {
    let isFirst = true;
    const bench = createBench({
      answer: async (call) => {
        if (isFirst) {
          isFirst = false;
          // A pause far beyond the lease; meanwhile another run takes over and finishes.
          bench.clock.move(10 * MINUTE);
          await pullTrades(bench.deps, { lane: 'live', from: FROM }, longLimits(bench, 'second'));
        }
        return listTrades(call.params, trades, bench.clock.now());
      },
    });

    const [zombie] = (await pullTrades(bench.deps, { lane: 'live', from: FROM }, longLimits(bench, 'first')))
      .streams;

    // It sends the page it had in hand, which is harmless, and stops at its first refused write.
    expect(zombie).toMatchObject({ state: 'held', reason: 'lease-lost', windows: 0, pages: 1 });
    expect(bench.streams.states.get('trades#shop#live')).toMatchObject({ fence: 2 });
    expect(bench.sentIds().size).toBe(9);
  });
});

function longLimits(bench: Bench, requestId: string): RunLimits {
  return { ...bench.limits(60 * MINUTE), requestId };
}
