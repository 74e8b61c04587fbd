import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../lib/core/clock.ts';
import { CarferryError } from '../../lib/core/errors.ts';
import { silentLog } from '../../lib/core/log.ts';
import { createLocalRateBudget, type RateBudget } from '../../lib/top/rateBudget.ts';
import { createSharedRateBudget } from '../../lib/top/sharedRateBudget.ts';
import { createFakeClock } from './fakeClock.ts';
import { createMemoryBudgets } from './memoryBudgets.ts';

const APP = '12345678';
const METHOD = 'tmall.car.get';

type Limits = { callsPerSecond: number; clock: Clock; maxWaitMs?: number };

/** Both kinds of budget keep one contract; the shared one is seen here through one process. */
const BUDGETS: Record<string, (limits: Limits) => RateBudget> = {
  local: createLocalRateBudget,
  shared: ({ callsPerSecond, ...limits }) =>
    createSharedRateBudget({
      ...limits,
      callsPerSecond: () => callsPerSecond,
      store: createMemoryBudgets().store,
      processes: 1,
      log: silentLog,
      random: () => 0,
    }),
};

function setUp(kind: string, callsPerSecond: number, maxWaitMs?: number) {
  const fake = createFakeClock();
  const create = BUDGETS[kind] ?? createLocalRateBudget;
  const limits = { callsPerSecond, clock: fake.clock, ...(maxWaitMs === undefined ? {} : { maxWaitMs }) };
  const budget = create(limits);
  const starts: number[] = [];
  const errors: unknown[] = [];
  const begin = (method = METHOD, signal?: AbortSignal, deadline?: number) =>
    budget.acquire(APP, method, { signal, deadline }).then(
      () => starts.push(fake.clock.now()),
      (thrown) => errors.push(thrown),
    );
  return { fake, budget, starts, errors, begin, now: fake.clock.now };
}

/** Most starts within any window of one second. */
function mostInASecond(starts: readonly number[]): number {
  const sorted = starts.toSorted((one, other) => one - other);
  return Math.max(
    0,
    ...sorted.map((start) => sorted.filter((at) => at >= start && at < start + 1000).length),
  );
}

describe.each(Object.keys(BUDGETS))('the %s rate budget', (kind) => {
  it('spaces calls evenly at 95 % of the limit', async () => {
    const { fake, starts, begin, now } = setUp(kind, 5);
    const zero = now();

    for (let call = 0; call < 5; call += 1) void begin();
    await fake.run();

    // Time is whole milliseconds; two of them are lost to rounding at most.
    const lateBy = starts.map((at, call) => at - zero - (call * 1000) / (5 * 0.95));
    expect(starts).toHaveLength(5);
    expect(Math.min(...lateBy)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...lateBy)).toBeLessThan(2);
  });

  it('never starts more calls in a second than the limit, whatever arrives, stalls or is banned', async () => {
    const anyStep = fc.oneof(
      fc.record({ kind: fc.constant('call' as const), count: fc.integer({ min: 1, max: 30 }) }),
      fc.record({ kind: fc.constant('run' as const), ms: fc.integer({ min: 1, max: 3000 }) }),
      fc.record({ kind: fc.constant('stall' as const), ms: fc.integer({ min: 1, max: 5000 }) }),
      fc.record({ kind: fc.constant('ban' as const), ms: fc.integer({ min: 1, max: 5000 }) }),
    );

    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(1, 2, 5, 20, 100),
        fc.array(anyStep, { maxLength: 12 }),
        async (limit, steps) => {
          const { fake, budget, starts, errors, begin, now } = setUp(kind, limit);
          const banned: [number, number][] = [];
          let asked = 0;

          for (const step of steps) {
            if (step.kind === 'call') {
              for (let call = 0; call < step.count; call += 1) void begin();
              asked += step.count;
            } else if (step.kind === 'run') await fake.run(now() + step.ms);
            else if (step.kind === 'stall') fake.stall(step.ms);
            else {
              banned.push([now(), now() + step.ms]);
              await budget.ban(APP, METHOD, now() + step.ms);
            }
            await fake.settle();
          }
          await fake.run();

          expect(mostInASecond(starts)).toBeLessThanOrEqual(limit);
          for (const [from, to] of banned) expect(starts.filter((at) => at > from && at < to)).toEqual([]);
          expect(starts.length + errors.length).toBe(asked);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('keeps methods apart and an app-wide ban together', async () => {
    const { fake, budget, starts, begin, now } = setUp(kind, 5);
    const zero = now();
    await budget.ban(APP, METHOD, zero + 3000);

    void begin('other.method');
    await fake.run();
    expect(starts).toEqual([zero]);

    await budget.ban(APP, '*', zero + 5000);
    void begin('other.method');
    await fake.run();
    expect(starts).toEqual([zero, zero + 5000]);
    expect(budget.bannedUntil('87654321', METHOD)).toBe(0);
  });

  it('waits out a ban of a minute, also one that comes while it waits', async () => {
    const { fake, budget, starts, begin, now } = setUp(kind, 1);
    const zero = now();
    void begin();
    void begin();
    await fake.settle();

    await budget.ban(APP, METHOD, zero + 50_000);
    await budget.ban(APP, METHOD, zero + 10_000);
    await fake.run();

    expect(starts).toEqual([zero, zero + 50_000]);
  });

  it('defers at once when the ban is longer than a minute', async () => {
    const { fake, budget, starts, errors, begin, now } = setUp(kind, 5);
    await budget.ban(APP, METHOD, now() + 61_001);

    void begin();
    await fake.settle();

    expect(starts).toEqual([]);
    expect(errors).toEqual([expect.any(CarferryError)]);
    expect(errors[0]).toMatchObject({ disposition: 'defer', reason: 'throttled', until: now() + 61_001 });
  });

  it('defers when the wait does not fit its limit or the deadline', async () => {
    const { fake, errors, starts, begin, now } = setUp(kind, 1, 1500);

    for (let call = 0; call < 3; call += 1) void begin();
    void begin(METHOD, undefined, now() + 500);
    await fake.run();

    expect(starts).toHaveLength(2);
    expect(errors).toMatchObject([
      { disposition: 'defer', reason: 'rate-budget' },
      { disposition: 'defer', reason: 'rate-budget' },
    ]);
  });

  it('gives back the slot of a caller that went away', async () => {
    const { fake, starts, errors, begin, now } = setUp(kind, 1);
    const zero = now();
    const gone = new AbortController();
    void begin();
    void begin(METHOD, gone.signal);
    await fake.settle();

    gone.abort(new Error('gone'));
    await fake.settle();
    void begin();
    await fake.run();

    expect(errors).toEqual([new Error('gone')]);
    expect(starts.map((at) => at - zero)).toEqual([0, 1053]);
  });

  it('ends a ban by time alone', async () => {
    const { fake, budget, now } = setUp(kind, 5);
    const until = now() + 2000;

    await budget.ban(APP, METHOD, until);

    expect(budget.bannedUntil(APP, METHOD)).toBe(until);
    fake.stall(2000);
    expect(budget.bannedUntil(APP, METHOD)).toBe(0);
  });
});
