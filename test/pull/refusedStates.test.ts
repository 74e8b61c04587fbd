import { DeleteItemCommand, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { toIso } from '../../lib/domain/chinaTime.ts';
import type { PullInput } from '../../lib/pull/pullInput.ts';
import { pullTrades } from '../../lib/pull/pullTrades.ts';
import { setWatermark } from '../../lib/pull/setWatermark.ts';
import { toItem } from '../../lib/store/items.ts';
import { createStreamsTable, type StreamsTable } from '../../lib/store/streamsTable.ts';
import { startTestEngines, type TestEngines } from '../support/engines.ts';
import { type Bench, createBench, DAY, MINUTE, NOON } from './bench.ts';
import { listTrades, type ModelTrade } from './worldModel.ts';

const LIVE = 'trades#shop#live';
const HOUR = 60 * MINUTE;
/** Asked for, so it does not wait for a live stream. */
const FORTNIGHT = { lane: 'fortnight', until: toIso(NOON - HOUR), fresh: true } as const;
const trades: ModelTrade[] = [1, 2, 3].map((n) => ({
  id: String(70_000_000_000 + n),
  createdAt: NOON - n * HOUR,
  modifiedAt: NOON - n * HOUR,
  status: 'WAIT_BUYER_PAY',
}));

let engines: TestEngines;
let table: string;
let streams: StreamsTable;
let bench: Bench;
beforeAll(async () => {
  engines = await startTestEngines();
});
afterAll(() => engines.close());
beforeEach(async () => {
  table = await engines.createTable('StreamsTable');
  streams = createStreamsTable(engines.dynamoDb, table);
  bench = createBench({ answer: (call) => listTrades(call.params, trades, bench.clock.now()) });
});

async function pull(input: PullInput) {
  const { streams: reports } = await pullTrades({ ...bench.deps, streams }, input, bench.limits());
  return reports[0];
}

async function write(row: object): Promise<void> {
  await engines.dynamoDb.send(new PutItemCommand({ TableName: table, Item: toItem(row) }));
}

async function stored(row = 'state') {
  const reply = await engines.dynamoDb.send(
    new GetItemCommand({ TableName: table, Key: toItem({ stream: LIVE, row }) }),
  );
  return reply.Item;
}

const state = (more: object) => ({
  stream: LIVE,
  row: 'state',
  v: 1,
  fence: 3,
  version: 9,
  watermark: toIso(NOON - 2 * HOUR),
  startedFrom: toIso(NOON - DAY),
  ...more,
});

/** Rows that no version of this program wrote, or whose writer's clock was wrong. */
const STRANGE = [
  ['of a later version', { v: 2 }, 'state-foreign-version'],
  ['of another program', { v: 'x' }, 'state-foreign-version'],
  ['without a fence', { fence: undefined }, 'state-unreadable'],
  ['with a fence that is text', { fence: '3' }, 'state-unreadable'],
  ['with a version below one', { version: 0 }, 'state-unreadable'],
  ['with a lease that has no time', { owner: 'x', expiresAt: 'soon' }, 'state-unreadable'],
  ['with a malformed watermark', { watermark: 'yesterday' }, 'state-unreadable'],
  ['with a malformed window', { window: { from: 1 } }, 'state-unreadable'],
  ['with a watermark to come', { watermark: toIso(NOON + HOUR) }, 'watermark-in-future'],
  ['from far ahead', { watermark: '2999-12-31T00:00:00+08:00' }, 'watermark-in-future'],
] as const;

describe('a state row', () => {
  it.each(STRANGE)(
    '%s is refused with an alarm and the repair; nothing is pulled or written',
    async (_, more, reason) => {
      await write(state(more));
      const before = await stored();

      const report = await pull({ lane: 'live' });

      expect(report).toMatchObject({ state: 'failed', reason });
      expect(report?.hint).toContain('carferry streams set-watermark');
      expect(bench.events).toContainEqual({ event: 'stream-state-refused', reason });
      expect(bench.calls).toEqual([]);
      const after = await stored();
      for (const member of ['watermark', 'window', 'v']) expect(after?.[member]).toEqual(before?.[member]);
    },
  );

  it.each(STRANGE)('%s goes on from the watermark that a person gives it', async (_, more) => {
    await write(state(more));

    const outcome = await setWatermark({ streams, clock: bench.clock }, LIVE, toIso(NOON - 90 * MINUTE));
    const report = await pull({ lane: 'live' });

    expect(outcome).toBe('written');
    expect(report).toMatchObject({ state: 'caught-up', from: toIso(NOON - 90 * MINUTE), enqueued: 1 });
    expect(Number((await stored())?.['fence']?.N)).toBeGreaterThan(3);
  });

  it('from before versions were counted is as good as any', async () => {
    await write(state({ v: undefined }));

    const report = await pull({ lane: 'live' });

    expect(report).toMatchObject({ state: 'caught-up', from: toIso(NOON - 2 * HOUR) });
    expect((await stored())?.['v']).toEqual({ N: '1' });
    expect((await streams.list()).map(({ stream }) => stream)).toEqual([LIVE]);
  });

  it('that was deleted is missed: its stream does not begin anew by itself', async () => {
    const input = { lane: 'live', from: toIso(NOON - 2 * HOUR) } as const;
    await pull(input);
    await engines.dynamoDb.send(
      new DeleteItemCommand({ TableName: table, Key: toItem({ stream: LIVE, row: 'state' }) }),
    );
    const calls = bench.calls.length;

    const refused = await pull(input);
    await setWatermark({ streams, clock: bench.clock }, LIVE, toIso(NOON - HOUR));
    const repaired = await pull(input);

    expect(refused).toMatchObject({ state: 'failed', reason: 'state-missing' });
    expect(bench.events).toContainEqual({ event: 'stream-state-refused', reason: 'state-missing' });
    expect([refused?.pages, bench.calls.length > calls]).toEqual([0, true]);
    expect(repaired).toMatchObject({ state: 'caught-up', from: toIso(NOON - HOUR) });
  });

  it('that is refused stops its own stream; the sweeps of its shop go on', async () => {
    await write(state({ v: 2 }));

    expect(await pull({ lane: 'day' })).toMatchObject({ state: 'caught-up', enqueued: 3 });
  });
});

describe('setWatermark', () => {
  it('waits for whoever holds the stream, and what that run writes later is refused', async () => {
    const held = await streams.acquire(LIVE, { owner: 'run', now: NOON, leaseMs: MINUTE });
    if (held === 'held') throw new Error('held');
    const clock = bench.clock;

    const early = await setWatermark({ streams, clock }, LIVE, toIso(NOON - HOUR));
    clock.move(2 * MINUTE);
    const late = await setWatermark({ streams, clock }, LIVE, toIso(NOON - HOUR));
    const zombie = await streams.save(held, { watermark: toIso(NOON) });

    expect([early, late, zombie]).toEqual(['held', 'written', 'lost']);
    expect(await streams.read(LIVE)).toMatchObject({ watermark: toIso(NOON - HOUR), fence: 2 });
  });

  it.each([
    ['orders#shop#live', toIso(NOON - HOUR), 'stream'],
    ['trades#shop', toIso(NOON - HOUR), 'stream'],
    [LIVE, 'yesterday', 'watermark'],
    [LIVE, toIso(NOON + MINUTE), 'watermark'],
  ])('refuses %s at %s', async (stream, watermark, field) => {
    const setting = setWatermark({ streams, clock: bench.clock }, stream, watermark);

    await expect(setting).rejects.toMatchObject({ reason: 'malformed-input', field });
    expect(await streams.list()).toEqual([]);
  });
});

describe('an open window that nobody can read', () => {
  const bad = { stream: LIVE, row: 'window#2026#x', v: 1, from: '2026', to: 'x' };

  it('stays open, is told at every sweep, keeps every day of its shop red, and goes by set-watermark', async () => {
    await streams.openWindow({ stream: LIVE, from: toIso(NOON - 3 * HOUR), to: toIso(NOON - HOUR) });
    await write(bad);

    const report = await pullTrades({ ...bench.deps, streams }, FORTNIGHT, bench.limits());

    expect(report.streams[0]).toMatchObject({ state: 'caught-up', openWindows: 1 });
    expect(bench.events).toContainEqual({ event: 'window-refused', reason: 'row-unreadable' });
    expect(await streams.openWindows()).toEqual([{ stream: LIVE, from: '2026', to: 'x', unreadable: true }]);
    expect(await streams.manifest('shop', '2026-11-15')).toMatchObject({
      state: 'red',
      reason: 'open-window',
    });

    await streams.openWindow({ stream: LIVE, from: toIso(NOON - 3 * HOUR), to: toIso(NOON - HOUR) });
    await setWatermark({ streams, clock: bench.clock }, LIVE, toIso(NOON - 2 * HOUR));

    expect(await streams.openWindows()).toMatchObject([{ from: toIso(NOON - 3 * HOUR) }]);
  });
});

describe('a manifest that nobody can read', () => {
  it('is shown as such, left alone by sweeps, and replaced by a reconcile of its day', async () => {
    await write({ stream: 'manifest#shop', row: 'day#2026-11-15', v: 7, state: 'green' });
    const healer = { comparing: () => async () => ({ found: 'present', isSent: false }) as const };
    const deps = { ...bench.deps, streams, healer };

    await pullTrades(deps, FORTNIGHT, bench.limits());
    const seen = await streams.manifests('shop', '2026-11-14', '2026-11-16');
    await pullTrades(deps, { lane: 'reconcile', shop: 'shop', day: '2026-11-15' }, bench.limits());

    expect(seen.map(({ day, state: color }) => [day, color])).toEqual([
      ['2026-11-14', 'green'],
      ['2026-11-15', 'unreadable'],
      ['2026-11-16', 'green'],
    ]);
    await expect(streams.manifest('shop', '2026-11-15')).resolves.toMatchObject({ state: 'green' });
    expect(bench.events).toContainEqual({ event: 'manifest-refused', reason: 'manifest-unreadable' });
  });
});
