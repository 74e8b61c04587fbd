import { describe, expect, it } from 'vitest';
import { CarferryError, type CarferryErrorOptions } from '../../lib/core/errors.ts';
import { toIso } from '../../lib/domain/chinaTime.ts';
import type { PullInput } from '../../lib/pull/pullInput.ts';
import { pullTrades } from '../../lib/pull/pullTrades.ts';
import { type Bench, createBench, DAY, MINUTE, NOON } from './bench.ts';
import type { AskedCall } from './fakeTop.ts';
import { askedTrades, listTrades, type ModelTrade } from './worldModel.ts';

const HOUR = 60 * MINUTE;
const LIVE = { lane: 'live', from: toIso(NOON - 3 * HOUR) } as const;

function tradesEvery(ms: number, count: number, first = NOON - 2 * HOUR): ModelTrade[] {
  return Array.from({ length: count }, (_, n) => {
    const at = first + n * ms;
    return { id: String(70_000_000_000 + n), createdAt: at, modifiedAt: at, status: 'WAIT_BUYER_PAY' };
  });
}

function refusal(options: Partial<CarferryErrorOptions>): CarferryError {
  return new CarferryError({ disposition: 'retry', reason: 'test', message: 'as the test says', ...options });
}

/** A bench over trades; `fault` may throw instead of an answer, per call. */
function benchOver(
  trades: readonly ModelTrade[],
  fault: (call: AskedCall, nth: number) => void = () => {},
): Bench {
  let nth = 0;
  const bench = createBench({
    answer: (call) => {
      nth += 1;
      fault(call, nth);
      return listTrades(call.params, trades, bench.clock.now());
    },
  });
  return bench;
}

async function pull(bench: Bench, input: PullInput = LIVE, ms?: number) {
  const { streams } = await pullTrades(bench.deps, input, bench.limits(ms));
  const [report] = streams;
  if (report === undefined) throw new Error('no report');
  return report;
}

describe('a scheduled sweep', () => {
  it('leaves the calls to the live stream until that has caught up', async () => {
    const bench = benchOver(tradesEvery(HOUR, 60, NOON - 3 * DAY), () => bench.clock.move(1000));
    // The live stream of this shop is cut off early in its first catch-up.
    const live = await pull(bench, { lane: 'live' }, 3000);
    const before = bench.calls.length;

    const waiting = await pull(bench, { lane: 'quarter' });
    const asked = await pull(bench, { lane: 'quarter', until: toIso(NOON - 2 * MINUTE), fresh: true }, 3000);

    expect(live.state).toBe('more');
    expect(waiting).toMatchObject({ state: 'caught-up', windows: 0 });
    expect(bench.calls.length).toBeGreaterThan(before);
    expect(asked.windows).toBeGreaterThan(0);
  });

  it('runs once the live stream is there', async () => {
    const bench = benchOver(tradesEvery(MINUTE, 100));
    await pull(bench, { lane: 'live' });

    const report = await pull(bench, { lane: 'day' });

    expect(report).toMatchObject({ state: 'caught-up' });
    expect(report.windows).toBeGreaterThan(0);
  });
});

describe('the live lane', () => {
  it('ends settle before now, and the next run begins overlap before the watermark', async () => {
    const bench = benchOver(tradesEvery(MINUTE, 100));
    const first = await pull(bench);
    bench.clock.move(MINUTE);
    const before = bench.calls.length;

    const second = await pull(bench, { lane: 'live' });

    expect(first).toMatchObject({ to: toIso(NOON - 2 * MINUTE), watermark: toIso(NOON - 2 * MINUTE) });
    expect(second.watermark).toBe(toIso(NOON - MINUTE));
    expect(askedTrades(bench.calls[before]?.params)).toMatchObject({
      first: NOON - 7 * MINUTE,
      last: NOON - MINUTE - 1000,
    });
  });

  it('without state and from begins the configured lookback ago, in windows of a day at most', async () => {
    const bench = benchOver([]);

    const report = await pull(bench, { lane: 'live' });

    expect(report.from).toBe(toIso(NOON - 3 * DAY));
    const lengths = bench.calls.map(({ params }) => {
      const { first, last } = askedTrades(params);
      return last + 1000 - first;
    });
    expect(Math.max(...lengths)).toBe(DAY);
  });

  it('does nothing and says so when until lies before its watermark', async () => {
    const bench = benchOver([]);
    await pull(bench);
    const before = bench.calls.length;

    const report = await pull(bench, { lane: 'live', until: toIso(NOON - HOUR) });

    expect(report.state).toBe('caught-up');
    expect(bench.calls.length).toBe(before);
  });

  it.each([
    ['from the future', { watermark: toIso(NOON + DAY) }, 'watermark-in-future'],
    ['malformed', { watermark: 'yesterday' }, 'state-unreadable'],
  ])('refuses a watermark that is %s and makes no call', async (_name, state, reason) => {
    const bench = benchOver([]);
    bench.streams.states.set('trades#shop#live', {
      stream: 'trades#shop#live',
      fence: 1,
      version: 1,
      ...state,
    });

    const report = await pull(bench);

    expect(report).toMatchObject({ state: 'failed', reason });
    expect(bench.calls).toEqual([]);
    expect(bench.streams.states.get('trades#shop#live')).toMatchObject(state);
  });
});

describe('a run near its deadline', () => {
  it('stores its place, answers more, and the next run goes on from there', async () => {
    const bench = benchOver(tradesEvery(MINUTE, 30), () => bench.clock.move(1000));

    const ends = [];
    for (let run = 0; run < 20; run += 1) {
      const report = await pull(bench, LIVE, 4000);
      ends.push(report.state);
      if (report.state !== 'more') break;
    }

    expect(ends.length).toBeGreaterThan(2);
    expect(ends.at(-1)).toBe('caught-up');
    expect(bench.sent).toHaveLength(30);
  });

  it('starts no call when its signal is aborted already', async () => {
    const bench = benchOver(tradesEvery(MINUTE, 3));
    const limits = { ...bench.limits(), signal: AbortSignal.abort() };

    const { streams } = await pullTrades(bench.deps, LIVE, limits);

    expect(streams).toMatchObject([{ state: 'more' }]);
    expect(bench.calls).toEqual([]);
  });

  it.each(['deadline', 'aborted', 'rate-budget'])(
    'takes %s for lack of time, not for a fault',
    async (reason) => {
      const disposition = reason === 'rate-budget' ? 'defer' : 'retry';
      const bench = benchOver([], () => {
        throw refusal({ disposition, reason });
      });

      const report = await pull(bench);

      expect(report.state).toBe('more');
      expect(report.reason).toBeUndefined();
    },
  );
});

describe('a stream that is refused', () => {
  const two = [
    { sellerNick: 'shop', session: 's' },
    { sellerNick: 'other', session: 't' },
  ];

  it.each([
    [
      { disposition: 'halt', reason: 'permission-missing', scope: 'session' },
      { state: 'halted', scope: 'session' },
    ],
    [
      { disposition: 'defer', reason: 'throttled', until: NOON + HOUR },
      { state: 'deferred', until: toIso(NOON + HOUR) },
    ],
    [{ disposition: 'retry', reason: 'server-error' }, { state: 'failed' }],
    [
      { disposition: 'park', reason: 'invalid-parameter', field: 'type' },
      { state: 'failed', field: 'type' },
    ],
  ] as const)('%o ends it as %o and the other shop goes on', async (options, expected) => {
    const bench = benchOver([], ({ params }) => {
      if (askedTrades(params).seller_nick === 'shop') throw refusal(options);
    });

    const { streams } = await pullTrades({ ...bench.deps, shops: two }, LIVE, bench.limits());

    expect(streams).toMatchObject([
      { shop: 'shop', reason: options.reason, ...expected },
      { state: 'caught-up' },
    ]);
  });

  it('for the whole app ends the run after that one call', async () => {
    const bench = benchOver([], () => {
      throw refusal({ disposition: 'halt', reason: 'invalid-signature', scope: 'app' });
    });

    const { streams } = await pullTrades({ ...bench.deps, shops: two }, LIVE, bench.limits());

    const halted = { state: 'halted', reason: 'invalid-signature', scope: 'app' };
    expect(streams).toMatchObject([halted, halted]);
    expect(bench.calls).toHaveLength(1);
  });

  it('gives its lease back, so that the next tick need not wait', async () => {
    const bench = benchOver([], (_call, nth) => {
      if (nth === 1) throw refusal({ disposition: 'retry', reason: 'server-error' });
    });
    await pull(bench);

    const report = await pull(bench);

    expect(report.state).toBe('caught-up');
  });

  it('in mid-window goes on from its place once the session is renewed, in the same window', async () => {
    let isExpired = false;
    const bench = benchOver(tradesEvery(MINUTE, 9), (_call, nth) => {
      if (nth === 3) isExpired = true;
      if (isExpired) throw refusal({ disposition: 'halt', reason: 'invalid-session', scope: 'session' });
    });
    const halted = await pull(bench);
    const window = bench.streams.states.get('trades#shop#live')?.window;
    bench.clock.move(2 * HOUR);
    const still = await pull(bench);
    const calls = bench.calls.length;
    isExpired = false;

    const report = await pull(bench);

    expect([halted.state, halted.pages, still.state]).toEqual(['halted', 1, 'halted']);
    // Pages two and one of the window that the expired session had begun.
    expect(bench.calls.slice(calls, calls + 2).map(({ params }) => askedTrades(params).page)).toEqual([2, 1]);
    expect(window).toMatchObject({ to: toIso(NOON - 2 * MINUTE), counts: { distinct: 3 } });
    expect(report).toMatchObject({ state: 'caught-up' });
    expect(bench.sentIds().size).toBe(9);
  });

  it('run after run on the same window leaves it open at last, and live orders go on', async () => {
    const trades = tradesEvery(MINUTE, 100);
    const bench = benchOver(trades, ({ params }) => {
      const { first, last } = askedTrades(params);
      if (first <= NOON - HOUR && last >= NOON - HOUR) throw refusal({ reason: 'reply-too-large' });
    });

    const ends: string[] = [];
    for (let run = 0; run < 25; run += 1) {
      ends.push((await pull(bench)).state);
      bench.clock.move(MINUTE);
    }

    expect(ends.filter((state) => state === 'failed')).toHaveLength(19);
    expect(ends.at(-1)).toBe('caught-up');
    expect(bench.streams.ledger.size).toBe(1);
  });

  it('for too wide a window asks for a shorter one', async () => {
    const trades = tradesEvery(MINUTE, 50);
    const bench = benchOver(trades, ({ params }) => {
      const { first, last } = askedTrades(params);
      if (last - first > 10 * MINUTE) throw refusal({ disposition: 'park', reason: 'window-too-wide' });
    });

    const report = await pull(bench);

    expect(report).toMatchObject({ state: 'caught-up', openWindows: 0 });
    expect(bench.sentIds().size).toBe(50);
  });
});

describe('a sweep', () => {
  it('walks its lookback once, finishes, and begins anew when called again', async () => {
    const bench = benchOver(tradesEvery(HOUR, 30, NOON - 30 * HOUR));

    const first = await pull(bench, { lane: 'day' });
    bench.clock.move(15 * MINUTE);
    const second = await pull(bench, { lane: 'day' });

    expect(first).toMatchObject({
      state: 'caught-up',
      from: toIso(NOON - DAY),
      to: toIso(NOON - 2 * MINUTE),
    });
    expect(first.rows).toBe(24);
    expect(second.from).toBe(toIso(NOON - DAY + 15 * MINUTE));
    expect(bench.streams.states.get('trades#shop#day')).toMatchObject({
      finishedAt: toIso(NOON + 15 * MINUTE),
    });
  });

  it('that was cut off goes on with its own bounds, unless a fresh one is wanted', async () => {
    const bench = benchOver(tradesEvery(HOUR, 20, NOON - 20 * HOUR), () => bench.clock.move(1000));
    const cut = await pull(bench, { lane: 'day' }, 3000);
    bench.clock.move(10 * MINUTE);

    const on = await pull(bench, { lane: 'day' }, 3000);
    const until = toIso(bench.clock.now() - 2 * MINUTE);
    const fresh = await pull(bench, { lane: 'day', until, fresh: true });
    const calls = bench.calls.length;
    const again = await pull(bench, { lane: 'day', until, fresh: true });

    expect([cut.state, on.state]).toEqual(['more', 'more']);
    expect([on.from, on.to]).toEqual([cut.from, cut.to]);
    expect(fresh).toMatchObject({ state: 'caught-up', to: until });
    expect([again.state, bench.calls.length]).toEqual(['caught-up', calls]);
  });

  it('that has just finished is not begun anew for the sake of another stream', async () => {
    const bench = benchOver([]);
    await pull(bench, { lane: 'fortnight' });
    const calls = bench.calls.length;
    bench.clock.move(HOUR);

    const report = await pull(bench, { lane: 'fortnight' });

    expect([report.state, bench.calls.length]).toEqual(['caught-up', calls]);
  });

  it('walks windows that the ledger shows open and closes them when they add up', async () => {
    const trades = tradesEvery(MINUTE, 20);
    const bench = benchOver(trades);
    const window = { from: toIso(NOON - 2 * HOUR), to: toIso(NOON - HOUR) };
    await bench.streams.openWindow({ stream: 'trades#shop#live', ...window });
    await bench.streams.openWindow({ stream: 'trades#other#live', ...window });

    const report = await pull(bench, { lane: 'day' });

    expect(report).toMatchObject({ state: 'caught-up', windows: 3, openWindows: 0 });
    expect([...bench.streams.ledger.values()]).toMatchObject([{ stream: 'trades#other#live' }]);
  });

  it('leaves a ledger window open that still does not add up, says so, and ends all the same', async () => {
    const bench = createBench({
      answer: (call) => {
        const reply = listTrades(call.params, tradesEvery(MINUTE, 20), bench.clock.now());
        const { first } = askedTrades(call.params);
        return first === NOON - 2 * HOUR ? { ...reply, total_results: '21' } : reply;
      },
    });
    const window = { from: toIso(NOON - 2 * HOUR), to: toIso(NOON - HOUR) };
    await bench.streams.openWindow({ stream: 'trades#shop#live', ...window });

    const report = await pull(bench, { lane: 'day' });

    // The two windows of its own days close all the same.
    expect(report).toMatchObject({ state: 'caught-up', windows: 2, openWindows: 1 });
    expect(bench.streams.ledger.size).toBe(1);
  });
});

describe('a backfill', () => {
  it('keeps a place of its own for its bounds, and is done once unless a later one is wanted', async () => {
    const bench = benchOver(tradesEvery(HOUR, 10));
    const input = { lane: 'backfill', from: toIso(NOON - DAY), until: toIso(NOON - HOUR) } as const;

    const first = await pull(bench, input);
    const calls = bench.calls.length;
    const second = await pull(bench, input);
    const since = toIso(NOON + MINUTE);
    bench.clock.move(2 * MINUTE);
    const third = await pull(bench, { ...input, since });
    const fourth = await pull(bench, { ...input, since });

    // Two windows: it is cut at the Beijing midnight.
    expect(first).toMatchObject({ state: 'caught-up', windows: 2, enqueued: 1 });
    expect(first.stream).toBe(`trades#shop#backfill#${input.from}#${input.until}`);
    expect([second.pages, third.pages, fourth.pages]).toEqual([0, 1, 0]);
    expect(bench.calls.length).toBe(calls * 2);
  });
});
