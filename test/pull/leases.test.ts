import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CarferryError } from '../../lib/core/errors.ts';
import { toIso } from '../../lib/domain/chinaTime.ts';
import type { RunLimits } from '../../lib/pull/pullInput.ts';
import { pullTrades } from '../../lib/pull/pullTrades.ts';
import { type Bench, createBench, DAY, MINUTE, NOON } from './bench.ts';
import { createStreamsModel } from './streamsModel.ts';
import { listTrades, type ModelTrade } from './worldModel.ts';

const HOUR = 60 * MINUTE;
const LIVE = { lane: 'live', from: toIso(NOON - 3 * HOUR) } as const;
const LEASE_MS = MINUTE;

const trades = Array.from({ length: 12 }, (_, n): ModelTrade => {
  const at = NOON - HOUR + n * 1000;
  return { id: String(70_000_000_000 + n), createdAt: at, modifiedAt: at, status: 'WAIT_BUYER_PAY' };
});
const ALL = new Set(trades.map(({ id }) => id));
const stateOf = (bench: Bench) => bench.streams.states.get('trades#shop#live');

function limits(bench: Bench, requestId: string, ms = 60 * MINUTE): RunLimits {
  return { ...bench.limits(ms), requestId };
}

const pull = async (bench: Bench, requestId: string) =>
  (await pullTrades(bench.deps, LIVE, limits(bench, requestId))).streams[0];

describe('two invocations with one request id (Lambda repeats an asynchronous one under the same)', () => {
  it('at once: one works, the other is told that the stream is held, without a call', async () => {
    const reports: unknown[] = [];
    let second: Promise<unknown> | undefined;
    const bench = createBench({
      answer: async (call) => {
        second ??= pull(bench, 'same id').then((report) => reports.push(report));
        await second;
        return listTrades(call.params, trades, bench.clock.now());
      },
    });

    const first = await pull(bench, 'same id');

    expect(reports).toMatchObject([{ state: 'held', pages: 0 }]);
    expect(first).toMatchObject({ state: 'caught-up', enqueued: 12 });
    expect(stateOf(bench)).toMatchObject({ fence: 1 });
  });

  it('the first a zombie: its page in hand is sent twice, its writes are refused, nothing is lost', async () => {
    let isFirst = true;
    const bench = createBench({
      answer: async (call) => {
        if (isFirst) {
          isFirst = false;
          bench.clock.move(LEASE_MS);
          await pull(bench, 'same id');
        }
        return listTrades(call.params, trades, bench.clock.now());
      },
    });

    const zombie = await pull(bench, 'same id');

    expect(zombie).toMatchObject({ state: 'held', reason: 'lease-lost', windows: 0 });
    expect(stateOf(bench)).toMatchObject({ fence: 2, watermark: toIso(NOON + LEASE_MS - 2 * MINUTE) });
    expect(bench.sentIds()).toEqual(ALL);
  });
});

describe('a holder that died', () => {
  async function dieHolding(): Promise<Bench> {
    const bench = createBench({
      answer: (call) => listTrades(call.params, trades, bench.clock.now()),
      hook: (effect) => {
        if (effect === 'send' || effect === 'release') throw new Error('killed');
      },
    });
    await pull(bench, 'dies');
    return bench;
  }

  it.each([
    ['before its lease ends', LEASE_MS - 1, 'held'],
    ['with the tick in which it ends', LEASE_MS, 'caught-up'],
  ])('%s', async (_, later, state) => {
    const dead = await dieHolding();
    const bench = createBench({
      streams: dead.streams,
      answer: (call) => listTrades(call.params, trades, bench.clock.now()),
    });
    bench.clock.at(dead.clock.now() + later);

    const report = await pull(bench, 'next');

    expect(report?.state).toBe(state);
    if (state === 'caught-up') expect(bench.sentIds()).toEqual(ALL);
  });

  it('with a clock a day ahead is not waited for until then', async () => {
    const dead = await dieHolding();
    const state = dead.streams.states.get('trades#shop#live');
    if (state === undefined) throw new Error('no state');
    dead.streams.states.set(state.stream, { ...state, expiresAt: toIso(NOON + DAY) });
    const bench = createBench({
      streams: dead.streams,
      answer: (call) => listTrades(call.params, trades, bench.clock.now()),
    });

    expect(await pull(bench, 'next')).toMatchObject({ state: 'caught-up' });
  });
});

describe('a release that fails', () => {
  it('is no failure of the run; the stream is free when the lease ends', async () => {
    const bench = createBench({
      answer: (call) => listTrades(call.params, trades, bench.clock.now()),
      hook: (effect, when) => {
        if (effect === 'release' && when === 'before') throw new CarferryError(UNAVAILABLE);
      },
    });

    const first = await pull(bench, 'a');
    const early = await pull(bench, 'b');
    bench.clock.move(LEASE_MS);
    const late = await pull(bench, 'c');

    expect([first?.state, early?.state, late?.state]).toEqual(['caught-up', 'held', 'caught-up']);
  });
});

const UNAVAILABLE = { disposition: 'retry', reason: 'store-unavailable', message: 'test' } as const;

/** Orders go on coming while the runs happen. */
const coming = Array.from({ length: 100 }, (_, n): ModelTrade => {
  const at = NOON - 10 * MINUTE + n * 20_000;
  return {
    id: String(80_000_000_000 + n),
    createdAt: at,
    modifiedAt: at,
    status: 'WAIT_BUYER_PAY',
    listedAt: at,
  };
});

/** Runs of machines whose clocks are wrong by up to a day, some dying, each followed by some real time. */
const runs = fc.array(
  fc.record({
    skewMs: fc.constantFrom(0, -DAY, -HOUR, HOUR, DAY, -5 * MINUTE, 5 * MINUTE),
    atEffect: fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined }),
    thenMs: fc.integer({ min: 0, max: 180 }).map((seconds) => seconds * 1000),
  }),
  { maxLength: 8 },
);

describe('clocks that jump by up to a day', () => {
  it('change when work is done, never what is done', async () => {
    await fc.assert(
      fc.asyncProperty(runs, async (history) => {
        const streams = createStreamsModel();
        let real = NOON;
        let skew = 0;
        let left = Number.POSITIVE_INFINITY;
        let isDead = false;
        const watermarks: string[] = [];
        const bench = createBench({
          streams,
          answer: (call) => {
            // TOP refuses a timestamp that is ten minutes off (protocol notes, section 2).
            if (Math.abs(skew) > 10 * MINUTE) {
              throw new CarferryError({ disposition: 'halt', reason: 'invalid-timestamp', message: 'test' });
            }
            return listTrades(call.params, coming, real);
          },
          hook: (_effect, moment) => {
            if (moment === 'before') left -= 1;
            if (isDead || left <= 0) {
              isDead = true;
              throw new Error('killed');
            }
            const watermark = streams.states.get('trades#shop#live')?.watermark;
            if (watermark !== undefined) watermarks.push(watermark);
          },
        });
        for (const run of history) {
          skew = run.skewMs;
          left = run.atEffect ?? Number.POSITIVE_INFINITY;
          isDead = false;
          bench.clock.at(real + skew);
          await pull(bench, 'same id');
          real += run.thenMs;
        }
        // Clocks are right again: two ticks later than any lease, everything is there.
        [skew, left, isDead] = [0, Number.POSITIVE_INFINITY, false];
        for (const later of [10 * MINUTE, 2 * MINUTE]) {
          real += later;
          bench.clock.at(real);
          await pull(bench, 'right');
        }

        const watermark = streams.states.get('trades#shop#live')?.watermark;
        const settled = coming.filter(({ createdAt }) => createdAt < real - 2 * MINUTE);
        expect([...bench.sentIds()]).toEqual(expect.arrayContaining(settled.map(({ id }) => id)));
        expect(watermark).toBe(toIso(real - 2 * MINUTE));
        expect(watermarks).toEqual(watermarks.toSorted());
      }),
      { numRuns: 150 },
    );
  });
});
