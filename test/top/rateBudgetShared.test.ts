import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Log } from '../../lib/core/log.ts';
import { silentLog } from '../../lib/core/log.ts';
import type { CallPriority, RateBudget } from '../../lib/top/rateBudget.ts';
import { createSharedRateBudget } from '../../lib/top/sharedRateBudget.ts';
import { createFakeClock } from './fakeClock.ts';
import { createMemoryBudgets } from './memoryBudgets.ts';

const APP = '12345678';
const METHOD = 'tmall.car.get';

type Started = { readonly process: number; readonly priority: CallPriority; readonly at: number };

/** Processes that share one table in memory and one clock; random draws repeat with the seed. */
function setUp(options: { limit: number; processes?: number; latencyMs?: [number, number]; log?: Log }) {
  const { limit, processes = 1, latencyMs, log = silentLog } = options;
  const fake = createFakeClock();
  const zero = fake.clock.now();
  const random = randomFrom(7);
  const [least, most] = latencyMs ?? [0, 0];
  const memory = createMemoryBudgets(() =>
    most === 0 ? undefined : fake.clock.sleep(least + Math.floor(random() * (most - least))),
  );
  const newBudget = () =>
    createSharedRateBudget({
      store: memory.store,
      callsPerSecond: () => limit,
      processes: 10,
      clock: fake.clock,
      log,
      random,
    });
  const budgets = Array.from({ length: processes }, newBudget);
  const starts: Started[] = [];
  const errors: unknown[] = [];
  const begin = (process = 0, priority: CallPriority = 'live', method = METHOD) =>
    (budgets[process] ?? newBudget()).acquire(APP, method, { priority }).then(
      () => void starts.push({ process, priority, at: fake.clock.now() - zero }),
      (thrown) => void errors.push(thrown),
    );
  /** Calls without a pause: one waits all the time. */
  const keepCalling = async (process: number, priority: CallPriority, untilMs: number) => {
    while (fake.clock.now() - zero < untilMs) await begin(process, priority);
  };
  const first = (): RateBudget => budgets[0] ?? newBudget();
  return { fake, zero, memory, budgets, starts, errors, begin, keepCalling, first, now: fake.clock.now };
}

/** Mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function within(starts: readonly Started[], from: number, to: number): Started[] {
  return starts.filter(({ at }) => at >= from && at < to);
}

function mostInASecond(starts: readonly Started[]): number {
  return Math.max(0, ...starts.map(({ at }) => within(starts, at, at + 1000).length));
}

describe('the budget of several processes', () => {
  it('keeps the limit in every second and uses it, however slow the table answers', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(1, 5, 20, 100),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 60 }),
        async (limit, processes, callers, slowest) => {
          const { fake, zero, starts, keepCalling } = setUp({ limit, processes, latencyMs: [1, slowest] });

          for (let index = 0; index < processes * callers; index += 1) {
            void keepCalling(index % processes, 'live', 12_000);
          }
          await fake.run(zero + 12_000);

          expect(mostInASecond(starts)).toBeLessThanOrEqual(limit);
          // A caller waits for answers, and for the moment it was asked ahead for: is there always one at the table?
          const isBusy = (callers * processes * 1000) / (9 * slowest) >= limit;
          if (isBusy) expect(within(starts, 2000, 12_000).length).toBeGreaterThan(limit * 10 * 0.85);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('starts live calls before sweeps and sweeps before backfill, in other processes too', async () => {
    const { fake, zero, starts, keepCalling } = setUp({ limit: 20, processes: 6, latencyMs: [1, 20] });
    const share = (priority: CallPriority, from: number, to: number) =>
      within(starts, from, to).filter((start) => start.priority === priority).length / (20 * 0.95 * 5);

    for (const process of [0, 1]) void keepCalling(process, 'live', 6000);
    for (const process of [2, 3]) void keepCalling(process, 'sweep', 12_000);
    for (const process of [4, 5]) void keepCalling(process, 'backfill', 18_000);
    await fake.run(zero + 18_000);

    expect(share('live', 1000, 6000)).toBeGreaterThan(0.9);
    expect(share('sweep', 7000, 12_000)).toBeGreaterThan(0.85);
    expect(share('backfill', 7000, 12_000)).toBeLessThan(0.1);
    // Alone, backfill takes half and leaves the rest free.
    expect(share('backfill', 13_000, 18_000)).toBeGreaterThan(0.3);
    expect(share('backfill', 13_000, 18_000)).toBeLessThan(0.55);
  });

  it('puts a live call before the sweeps and the backfill that wait in its own process', async () => {
    const { fake, starts, begin } = setUp({ limit: 5 });

    for (const priority of ['backfill', 'sweep', 'live', 'live'] as const) void begin(0, priority);
    await fake.run();

    expect(starts.map(({ priority }) => priority)).toEqual(['live', 'live', 'sweep', 'backfill']);
  });

  it.each([METHOD, '*'])('starts no call a second after one process met a ban (%s)', async (banned) => {
    const { fake, zero, starts, first, keepCalling } = setUp({
      limit: 50,
      processes: 8,
      latencyMs: [5, 80],
    });
    for (let index = 0; index < 24; index += 1) void keepCalling(index % 8, 'live', 12_000);
    await fake.run(zero + 4000);

    const written = first().ban(APP, banned, zero + 8000);
    await fake.run(zero + 12_000);
    await written;

    expect(within(starts, 5000, 8000)).toEqual([]);
    expect(within(starts, 9000, 12_000).length).toBeGreaterThan(50 * 3 * 0.85);
    expect(mostInASecond(starts)).toBeLessThanOrEqual(50);
  });

  it('goes at its own share, and says so once, while the table cannot be reached', async () => {
    const told: string[] = [];
    const log = { ...silentLog, warn: (event: string) => void told.push(event) };
    const { fake, zero, memory, starts, keepCalling } = setUp({ limit: 50, processes: 3, log });
    for (const process of [0, 0, 1, 1, 2, 2]) void keepCalling(process, 'live', 40_000);
    await fake.run(zero + 5000);

    memory.setAway(true);
    await fake.run(zero + 25_000);
    memory.setAway(false);
    await fake.run(zero + 40_000);

    // Three of ten expected processes; none is open, none is stuck.
    const alone = within(starts, 7000, 25_000).length / 18;
    expect(alone).toBeGreaterThan(50 * 0.3 * 0.7);
    expect(alone).toBeLessThanOrEqual(50 * 0.3);
    expect(told).toEqual(Array(3).fill('rate-budget-alone'));
    expect(mostInASecond(starts)).toBeLessThanOrEqual(50);
    expect(within(starts, 30_000, 40_000).length).toBeGreaterThan(50 * 10 * 0.85);
  });

  it('never uses slots twice whose reservation got no answer', async () => {
    const { fake, zero, memory, starts, begin } = setUp({ limit: 5 });
    void begin();
    await fake.run();
    const { extend, restart } = memory.store;
    const lose = async () => {
      Object.assign(memory.store, { extend, restart });
      throw new Error('the reply was lost');
    };
    Object.assign(memory.store, {
      extend: (...asked: Parameters<typeof extend>) => extend(...asked).then(lose),
      restart: (...asked: Parameters<typeof restart>) => restart(...asked).then(lose),
    });

    void begin();
    void begin();
    await fake.run();

    const [, second, third] = starts.map(({ at }) => at);
    expect(starts).toHaveLength(3);
    expect(second).toBeGreaterThanOrEqual(2 * 210);
    expect((third ?? 0) - (second ?? 0)).toBeGreaterThanOrEqual(210);
    expect(memory.rowOf(APP, METHOD).nextSlotAt - zero).toBeGreaterThanOrEqual(4 * 210);
  });

  it('gives up the slots that it is late for, instead of crowding the next ones', async () => {
    const { fake, starts, begin } = setUp({ limit: 20 });
    for (let call = 0; call < 40; call += 1) void begin();
    await fake.run(fake.clock.now() + 500);

    fake.stall(700);
    await fake.run();

    expect(starts).toHaveLength(40);
    expect(mostInASecond(starts)).toBeLessThanOrEqual(20);
  });

  it('overwrites what a process with a wrong clock left behind, once nobody moves it', async () => {
    const { fake, zero, memory, starts, begin } = setUp({ limit: 5 });
    memory.rowOf(APP, METHOD).nextSlotAt = zero + 24 * 3_600_000;

    void begin();
    await fake.run(zero + 10_000);
    void begin();
    await fake.run(zero + 20_000);

    expect(starts).toHaveLength(2);
    expect(memory.rowOf(APP, METHOD).nextSlotAt).toBeLessThan(zero + 20_000);
  });

  it('writes a ban later that could not be written when it was met', async () => {
    const { fake, zero, memory, starts, first, begin } = setUp({ limit: 5, processes: 2 });
    memory.setAway(true);
    await first().ban(APP, METHOD, zero + 30_000);
    memory.setAway(false);

    void begin(0);
    await fake.run(zero + 30_500);
    void begin(1);
    await fake.run();

    expect(memory.rowOf(APP, METHOD).blockedUntil).toBe(zero + 30_000);
    expect(starts).toHaveLength(2);
  });
});
