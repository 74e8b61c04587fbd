import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chinaDate, toEpochMs, toIso } from '../../lib/domain/chinaTime.ts';
import type { PullInput } from '../../lib/pull/pullInput.ts';
import { pullTrades } from '../../lib/pull/pullTrades.ts';
import { refusedManifest } from '../../lib/store/stateRefusal.ts';
import { type Bench, createBench, DAY, MINUTE } from './bench.ts';
import { createStreamsModel } from './streamsModel.ts';
import { listTrades, type ModelTrade } from './worldModel.ts';

const HOUR = 60 * MINUTE;
/** Three whole Beijing days lie within the lookback: 17, 18 and 19 November. */
const SWEEPS = {
  day: { lookbackMs: 4 * DAY, everyMs: MINUTE },
  fortnight: { lookbackMs: 4 * DAY, everyMs: MINUTE },
  quarter: { lookbackMs: 4 * DAY, everyMs: MINUTE },
};
const DAYS = ['2026-11-17', '2026-11-18', '2026-11-19'];
const MIDNIGHT_18 = toEpochMs('2026-11-18T00:00:00+08:00');

function trade(n: number, createdAt: number, more: Partial<ModelTrade> = {}): ModelTrade {
  return {
    id: String(70_000_000_000 + n),
    createdAt,
    modifiedAt: createdAt,
    status: 'WAIT_BUYER_PAY',
    ...more,
  };
}

const onTheHours = (first: number, count: number): ModelTrade[] =>
  Array.from({ length: count }, (_, n) => trade(n, first + n * HOUR));

function benchOver(
  trades: readonly ModelTrade[],
  options: Partial<Parameters<typeof createBench>[0]> = {},
): Bench {
  const bench = createBench({
    answer: (call) => listTrades(call.params, trades, bench.clock.now()),
    ...options,
  });
  return bench;
}

async function sweep(bench: Bench, input: PullInput = { lane: 'day' }) {
  const deps = { ...bench.deps, times: { ...bench.deps.times, sweeps: SWEEPS } };
  const { streams } = await pullTrades(deps, input, bench.limits());
  bench.clock.move(MINUTE);
  return streams[0];
}

const manifestOf = (bench: Bench, day: string) => bench.streams.dayRows.get(`shop ${day}`);

describe('the manifest of a day', () => {
  it('is red while trades are missing, and green with them healed once they are stored', async () => {
    const bench = benchOver(onTheHours(MIDNIGHT_18, 24));

    await sweep(bench);
    const red = manifestOf(bench, '2026-11-18');
    bench.consume();
    await sweep(bench);
    const green = manifestOf(bench, '2026-11-18');
    await sweep(bench);

    const counts = { upstream: 24, differing: 0, parked: 0, unknownUpstream: 0 };
    expect(red).toMatchObject({
      ...counts,
      state: 'red',
      reason: 'missing',
      present: 0,
      missing: 24,
      healed: 0,
    });
    expect(green).toMatchObject({
      ...counts,
      state: 'green',
      present: 24,
      missing: 0,
      healed: 24,
      lane: 'day',
    });
    expect(manifestOf(bench, '2026-11-18')).toMatchObject({ state: 'green', healed: 24 });
  });

  it('turns green as soon as the tables hold what was missing, without a call for it', async () => {
    const bench = benchOver(onTheHours(MIDNIGHT_18, 24));
    const resting = { lane: 'day', since: toIso(0) } as const;
    await sweep(bench, resting);
    const calls = bench.calls.length;

    await sweep(bench, resting);
    const waiting = manifestOf(bench, '2026-11-18');
    bench.consume();
    const [first] = bench.versions;
    if (first === undefined) throw new Error('nothing stored');
    bench.versions.set(first[0], { ...first[1], owes: true });
    await sweep(bench, resting);
    const owing = manifestOf(bench, '2026-11-18');
    bench.consume();
    await sweep(bench, resting);

    expect([waiting, owing]).toMatchObject([{ state: 'red' }, { state: 'red' }]);
    const counts = { upstream: 24, present: 24, missing: 0, healed: 24 };
    expect(manifestOf(bench, '2026-11-18')).toMatchObject({ state: 'green', ...counts });
    expect(manifestOf(bench, '2026-11-18')).not.toHaveProperty('awaited');
    expect(bench.calls.length).toBe(calls);
  });

  it('is written for days that one sweep walked whole, and for no others', async () => {
    const bench = benchOver([]);

    await sweep(bench);

    expect([...bench.streams.dayRows.keys()]).toEqual(DAYS.map((day) => `shop ${day}`));
    expect(manifestOf(bench, '2026-11-18')).toMatchObject({ state: 'green', upstream: 0, windows: 1 });
  });

  it('is not written by the live lane', async () => {
    const bench = benchOver([]);

    await pullTrades(bench.deps, { lane: 'live' }, bench.limits());

    expect(bench.streams.dayRows.size).toBe(0);
  });

  it('tells trades stored in another version, unreadable ones, and stored orders that upstream does not show', async () => {
    const trades = onTheHours(MIDNIGHT_18, 5);
    const bench = benchOver(trades);
    await sweep(bench);
    bench.consume();
    for (const [n, row] of trades.entries()) {
      if (n === 0) row.modifiedAt += 1000;
      if (n === 1) row.broken = true;
    }
    const createdAt = toIso(MIDNIGHT_18 + HOUR);
    bench.versions.set('999', { modifiedAt: createdAt, hash: 'h', owes: false, createdAt });

    await sweep(bench);

    expect(manifestOf(bench, '2026-11-18')).toMatchObject({
      upstream: 5,
      present: 3,
      missing: 1,
      differing: 1,
      parked: 1,
      unknownUpstream: 1,
      state: 'red',
    });
    expect(bench.versions.has('999')).toBe(true);
  });

  it('is red while a window of the day is open, whoever gave it up, and green when a sweep has closed it', async () => {
    let isBroken = true;
    const trades = onTheHours(MIDNIGHT_18, 3);
    const bench = createBench({
      pageSize: 10,
      answer: (call) => {
        const reply = listTrades(call.params, trades, bench.clock.now());
        return isBroken && reply.total_results === '3' ? { ...reply, total_results: '4' } : reply;
      },
    });
    const window = { from: toIso(MIDNIGHT_18), to: toIso(MIDNIGHT_18 + HOUR) };
    await bench.streams.openWindow({ stream: 'trades#shop#live', ...window });

    await sweep(bench);
    const own = manifestOf(bench, '2026-11-18');
    bench.consume();
    isBroken = false;
    await sweep(bench);

    expect(own).toMatchObject({ state: 'red', reason: 'open-window' });
    expect(manifestOf(bench, '2026-11-18')).toMatchObject({ state: 'green', upstream: 3, present: 3 });
    expect(bench.streams.ledger.size).toBe(0);
  });

  it('that nobody can read is left alone by sweeps, loudly', async () => {
    const bench = benchOver([]);
    const unreadable = {
      ...bench.streams,
      manifest: () => Promise.reject(refusedManifest('state')),
    };
    const deps = { ...bench.deps, streams: unreadable, times: { ...bench.deps.times, sweeps: SWEEPS } };

    await pullTrades(deps, { lane: 'day' }, bench.limits());

    expect(bench.streams.dayRows.size).toBe(0);
    expect(bench.events).toContainEqual({ event: 'manifest-refused', reason: 'manifest-unreadable' });
  });
});

const worlds = fc
  .array(
    fc.record({
      minute: fc.integer({ min: 0, max: 3 * 24 * 60 - 1 }),
      kind: fc.constantFrom('stored', 'absent', 'differing', 'broken'),
    }),
    { maxLength: 40 },
  )
  .map((rows) =>
    rows.map(({ minute, kind }, n) => ({
      kind,
      trade: trade(n, MIDNIGHT_18 - DAY + minute * MINUTE, { broken: kind === 'broken' }),
    })),
  );

const crashes = fc.array(
  fc.record({
    atEffect: fc.integer({ min: 1, max: 40 }),
    when: fc.constantFrom<'before' | 'after'>('before', 'after'),
  }),
  { maxLength: 6 },
);

describe('a sweep that dies at any effect', () => {
  it('counts every trade of every day once, and its ledger covers its time without gap or overlap', async () => {
    await fc.assert(
      fc.asyncProperty(worlds, crashes, fc.constantFrom(3, 2_000), async (world, history, mostRows) => {
        const streams = createStreamsModel();
        let left = Number.POSITIVE_INFINITY;
        let isDead = false;
        let when: 'before' | 'after' = 'before';
        const bench = benchOver(
          world.map((row) => row.trade),
          {
            streams,
            mostRows,
            hook: (_effect, moment) => {
              if (moment === 'before') left -= 1;
              if (isDead || (left <= 0 && moment === when)) {
                isDead = true;
                throw new Error('killed');
              }
            },
          },
        );
        await storeWhatIsStored(bench, world);
        for (const crash of [...history, undefined]) {
          isDead = false;
          left = crash?.atEffect ?? Number.POSITIVE_INFINITY;
          when = crash?.when ?? 'before';
          await sweep(bench);
          bench.clock.move(MINUTE);
        }

        for (const day of DAYS) {
          const rows = world.filter((row) => chinaDate(row.trade.createdAt) === day);
          const countOf = (kind: string) => rows.filter((row) => row.kind === kind).length;
          expect(manifestOf(bench, day)).toMatchObject({
            upstream: rows.length,
            present: countOf('stored'),
            missing: countOf('absent') + countOf('differing'),
            differing: countOf('differing'),
            parked: countOf('broken'),
            unknownUpstream: 0,
          });
        }
        expectSweepCovered(bench);
      }),
      { numRuns: 100 },
    );
  });
});

/** Stores some trades in this version and some in another one. */
async function storeWhatIsStored(
  bench: Bench,
  world: readonly { kind: string; trade: ModelTrade }[],
): Promise<void> {
  const other = benchOver(world.map((row) => row.trade));
  await sweep(other);
  other.consume();
  for (const { kind, trade: row } of world) {
    const version = other.versions.get(row.id);
    if (version === undefined) continue;
    if (kind === 'stored') bench.versions.set(row.id, version);
    if (kind === 'differing') bench.versions.set(row.id, { ...version, hash: 'of another version' });
  }
}

/** The closed windows of the last sweep, one behind the other from its beginning to its end. */
function expectSweepCovered(bench: Bench): void {
  const state = bench.streams.states.get('trades#shop#day');
  const swept = JSON.parse(JSON.stringify(state?.['swept']));
  // An earlier sweep may have closed a window that begins at the same midnight.
  const latest = [...bench.streams.closed.values()].sort((a, b) => (a.closedAt < b.closedAt ? -1 : 1));
  const windows = [...new Map(latest.map((row) => [row.from, row])).values()]
    .filter(({ from, to }) => from >= swept.from && to <= swept.to)
    .sort((a, b) => (a.from < b.from ? -1 : 1));
  const ends = windows.map(({ to }) => to);
  expect(windows.map(({ from }) => from)).toEqual([swept.from, ...ends.slice(0, -1)]);
  expect(ends.at(-1)).toBe(swept.to);
  for (const { distinct = 0, enqueued = 0, unchanged = 0, parked = 0, total } of windows) {
    expect([enqueued + unchanged + parked, total]).toEqual([distinct, distinct]);
  }
}
