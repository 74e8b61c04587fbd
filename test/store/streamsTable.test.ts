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
