import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StreamState } from '../../lib/store/streamState.ts';
import { createStreamsTable, type StreamsTable } from '../../lib/store/streamsTable.ts';
import { loseReplies } from '../support/dynamoDbFaults.ts';
import { startTestEngines, type TestEngines } from '../support/engines.ts';
import { minute } from './samples.ts';

let engines: TestEngines;
let tableName: string;
let streams: StreamsTable;
let count = 0;

const NOW = Date.UTC(2026, 10, 20, 2);
const LEASE_MS = 60_000;

function newStream(): string {
  count += 1;
  return `trades#测试店${count}#live`;
}

async function take(stream: string, owner: string, now = NOW, table = streams): Promise<StreamState> {
  const state = await table.acquire(stream, { owner, now, leaseMs: LEASE_MS });
  if (state === 'held') throw new Error('held');
  return state;
}

async function saved(result: Promise<StreamState | 'lost'>): Promise<StreamState> {
  const state = await result;
  if (state === 'lost') throw new Error('lost');
  return state;
}

beforeAll(async () => {
  engines = await startTestEngines();
  tableName = await engines.createTable('StreamsTable');
  streams = createStreamsTable(engines.dynamoDb, tableName);
});
afterAll(() => engines.close());

describe('a lease', () => {
  it('begins with fence 1 and tells when it ends', async () => {
    const stream = newStream();

    const state = await take(stream, 'run-1');

    expect(state).toEqual({
      v: 1,
      stream,
      fence: 1,
      version: 1,
      owner: 'run-1',
      expiresAt: '2026-11-20T10:01:00+08:00',
    });
    expect(await streams.read(stream)).toEqual(state);
  });

  it.each([
    ['another run while it lasts', 'run-2', LEASE_MS - 1, 'held'],
    ['another run when it ends', 'run-2', LEASE_MS, 2],
    ['the same run while it lasts', 'run-1', 10, 2],
  ])('asked for by %s', async (_, owner, later, expected) => {
    const stream = newStream();
    await take(stream, 'run-1');

    const second = await streams.acquire(stream, { owner, now: NOW + later, leaseMs: LEASE_MS });

    expect(second === 'held' ? second : second.fence).toBe(expected);
  });

  it('that ends later than any lease taken now is not waited for: its clock was ahead', async () => {
    const stream = newStream();
    await take(stream, 'run-1', NOW + 24 * 3_600_000);

    const second = await streams.acquire(stream, { owner: 'run-2', now: NOW, leaseMs: LEASE_MS });

    expect(second).toMatchObject({ fence: 2, owner: 'run-2' });
  });

  it('goes to one of many runs that ask at once, also at a takeover', async () => {
    const stream = newStream();
    const ask = (now: number) =>
      Promise.all(
        Array.from({ length: 10 }, (_, n) =>
          streams.acquire(stream, { owner: `run-${now}-${n}`, now, leaseMs: LEASE_MS }),
        ),
      );

    const rounds = [await ask(NOW), await ask(NOW + 2 * LEASE_MS)];

    const winners = rounds.map((round) =>
      round.filter((state) => state !== 'held').map(({ fence }) => fence),
    );
    expect(winners).toEqual([[1], [2]]);
  });

  it('is free at once after a release, and keeps what was stored', async () => {
    const stream = newStream();
    const held = await saved(streams.save(await take(stream, 'run-1'), { watermark: minute(5) }));
    await streams.release(held);

    const next = await take(stream, 'run-2', NOW + 1);

    expect(next).toMatchObject({ fence: 2, owner: 'run-2', watermark: minute(5) });
  });

  it('is not given back by a run that lost it', async () => {
    const stream = newStream();
    const old = await take(stream, 'run-1');
    await take(stream, 'run-2', NOW + LEASE_MS);

    await streams.release(old);

    expect((await streams.read(stream))?.owner).toBe('run-2');
  });

  it.each(['lost for good', 'repeated by the SDK'])('is ours when the reply was %s', async (kind) => {
    const stream = newStream();
    const client = engines.newDynamoDb(kind === 'lost for good' ? 1 : 3);
    loseReplies(client, ['UpdateItemCommand']);

    const state = await take(stream, 'run-1', NOW, createStreamsTable(client, tableName));

    expect(state).toMatchObject({ fence: 1, owner: 'run-1' });
  });
});

describe('save', () => {
  it('sets, keeps and removes members, raising the version', async () => {
    const stream = newStream();
    const window = { from: minute(1), to: minute(2), page: 3, seen: ['a', 'b'] };
    const first = await saved(
      streams.save(await take(stream, 'run-1'), { watermark: minute(1), window, note: { deep: [1, null] } }),
    );

    const second = await saved(
      streams.save(first, { window: null, watermark: undefined, finishedAt: minute(9) }),
    );

    expect(first).toMatchObject({ watermark: minute(1), window, note: { deep: [1, null] }, version: 2 });
    expect(second).toEqual({
      v: 1,
      stream,
      fence: 1,
      version: 3,
      owner: 'run-1',
      expiresAt: first.expiresAt,
      watermark: minute(1),
      note: { deep: [1, null] },
      finishedAt: minute(9),
    });
  });

  it('is lost for a run whose lease was taken over, and changes nothing', async () => {
    const stream = newStream();
    const zombie = await take(stream, 'run-1');
    const holder = await saved(
      streams.save(await take(stream, 'run-2', NOW + LEASE_MS), { watermark: minute(8) }),
    );

    const result = await streams.save(zombie, { watermark: minute(59) });

    expect(result).toBe('lost');
    expect(await streams.read(stream)).toEqual(holder);
  });

  it('is lost from a state that is not the latest, even for the holder', async () => {
    const state = await take(newStream(), 'run-1');
    const latest = await saved(streams.save(state, { watermark: minute(1) }));

    const result = await streams.save(state, { watermark: minute(2) });

    expect(result).toBe('lost');
    expect(await streams.read(state.stream)).toEqual(latest);
  });

  it.each([1, 3])('counts as done when its reply was lost (%i attempts)', async (attempts) => {
    const state = await take(newStream(), 'run-1');
    const client = engines.newDynamoDb(attempts);
    loseReplies(client, ['UpdateItemCommand']);

    const result = await saved(createStreamsTable(client, tableName).save(state, { watermark: minute(3) }));

    expect(result).toEqual(await streams.read(state.stream));
    expect(result).toMatchObject({ watermark: minute(3), version: 2 });
  });
});

describe('the ledger of open windows', () => {
  it('keeps each window until it is closed, apart from the state', async () => {
    const [stream, other] = [newStream(), 'adOrders#12345#1#live'];
    const later = { stream, from: minute(5), to: minute(9), reason: 'unstable-total', failures: 5 };
    const earlier = { stream, from: minute(1), to: minute(5), reason: 'unstable-total', failures: 5 };
    await take(stream, 'run-1');
    await streams.openWindow(later);
    await streams.openWindow(earlier);
    await streams.openWindow({ stream: other, from: minute(1), to: minute(5) });
    await streams.openWindow({ ...later, failures: 6 });

    const open = await streams.openWindows(stream);
    const closedAt = minute(30);
    await streams.closeWindow({ stream, from: earlier.from, to: earlier.to, closedAt }, true);
    await streams.closeWindow({ stream, from: earlier.from, to: earlier.to, closedAt }, true);

    expect(open).toEqual([earlier, { ...later, failures: 6 }]);
    expect((await streams.openWindows()).map((window) => [window.stream, window.from])).toEqual([
      [other, minute(1)],
      [stream, minute(5)],
    ]);
    expect((await streams.list()).filter((state) => state.stream === stream)).toHaveLength(1);
    expect(await streams.list()).not.toContainEqual(expect.objectContaining({ stream: other }));
  });
});

describe('the ledger of closed windows', () => {
  const counts = { total: 3, distinct: 3, enqueued: 1, unchanged: 1, parked: 1, attempts: 2, lane: 'day' };

  it('keeps what each window came to, apart from the open ones, until it expires', async () => {
    const stream = newStream();
    const closedAt = '2026-11-20T10:00:00+08:00';
    const first = { stream, from: minute(1), to: minute(5), closedAt, ...counts };
    const second = { stream, from: minute(5), to: minute(9), closedAt, ...counts };
    await streams.closeWindow(second, false);
    await streams.closeWindow(first, false);
    await streams.closeWindow(first, false);

    const now = Date.parse(closedAt);
    const kept = 100 * 86_400_000;
    expect(await streams.closedWindows(stream, { now })).toEqual([first, second]);
    expect(await streams.closedWindows(stream, { now, fromIso: minute(5) })).toEqual([second]);
    expect(await streams.closedWindows(stream, { now, toIso: minute(5) })).toEqual([first]);
    expect(await streams.closedWindows(stream, { now: now + kept - 1000 })).toHaveLength(2);
    expect(await streams.closedWindows(stream, { now: now + kept })).toEqual([]);
    expect(await streams.openWindows(stream)).toEqual([]);
  });

  it('is not read to find open windows or states', async () => {
    const fresh = await engines.createTable('StreamsTable');
    const client = engines.newDynamoDb();
    const table = createStreamsTable(client, fresh);
    const stream = newStream();
    await take(stream, 'run-1', NOW, table);
    const closedAt = minute(50);
    for (let n = 0; n < 30; n += 1) {
      await table.closeWindow({ stream, from: minute(n), to: minute(n + 1), closedAt }, false);
    }
    const read: number[] = [];
    client.middlewareStack.add((next) => async (args) => {
      const reply = await next(args);
      const { ScannedCount, Item } = Object(reply.output);
      read.push(ScannedCount ?? (Item === undefined ? 0 : 1));
      return reply;
    });

    const open = await table.openWindows();
    const states = await table.list();

    expect([open.length, states.length]).toEqual([0, 1]);
    // Twice the one name, no open window, the one state.
    expect(read.reduce((sum, count) => sum + count, 0)).toBe(3);
  });
});

describe('manifests', () => {
  const counts = { upstream: 3, present: 1, missing: 1, differing: 0, healed: 0, parked: 1 };
  const head = { v: 1, shop: '测试店', day: '2026-11-18', lane: 'day', sweep: 's1' } as const;
  const color = { state: 'red', reason: 'missing' } as const;
  const manifest = { ...head, ...counts, unknownUpstream: 0, windows: 1, at: minute(10), ...color };

  it('are replaced by later ones only, and listed by day', async () => {
    const later = { ...manifest, at: minute(20), sweep: 's2', missing: 0, state: 'green' } as const;
    const { reason: _, ...green } = later;
    const other = { ...manifest, day: '2026-11-19' };

    const outcomes = [
      await streams.writeManifest(manifest),
      await streams.writeManifest(manifest),
      await streams.writeManifest(green),
      await streams.writeManifest({ ...manifest, sweep: 's3' }),
      await streams.writeManifest(other),
    ];

    expect(outcomes).toEqual(['written', 'written', 'written', 'stale', 'written']);
    expect(await streams.manifest('测试店', '2026-11-18')).toEqual(green);
    expect(await streams.manifests('测试店', '2026-11-18', '2026-11-19')).toEqual([green, other]);
    expect(await streams.manifests('测试店', '2026-11-20', '2026-11-30')).toEqual([]);
  });
});
