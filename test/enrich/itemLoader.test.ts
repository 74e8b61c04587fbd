import { describe, expect, it } from 'vitest';
import { toIso } from '../../lib/domain/chinaTime.ts';
import type { ItemSummary } from '../../lib/domain/itemFacet.ts';
import { createAskForItems } from '../../lib/enrich/askForItems.ts';
import { createItemLoader } from '../../lib/enrich/itemLoader.ts';
import type { ItemsStore, RunLimits, Seal } from '../../lib/enrich/stores.ts';
import { createLocalKeys } from '../../lib/privacy/localKeys.ts';
import { sealRecord } from '../../lib/privacy/sealRecord.ts';
import { createFakeTop, ITEMS, itemsReply, topFailure } from './fakeTop.ts';

const NOW = Date.parse('2026-11-20T12:00:00+08:00');
const DAY_MS = 24 * 3600 * 1000;

function limits(signal = new AbortController().signal): RunLimits {
  return { deadline: NOW + 45_000, signal };
}

function ids(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${846195099500 + index}`);
}

/** The items table as a map; `reads` are the ids of every read. */
function memoryItems(known: readonly ItemSummary[] = []) {
  const rows = new Map(known.map((item) => [item.itemId, item]));
  const reads: string[][] = [];
  const items: ItemsStore = {
    readMany: async (itemIds) => {
      reads.push([...itemIds]);
      return new Map([...rows].filter(([itemId]) => itemIds.includes(itemId)));
    },
    write: async (item) => {
      rows.set(item.itemId, item);
      return 'written';
    },
  };
  return { items, rows, reads };
}

function bench(known: readonly ItemSummary[] = []) {
  const memory = memoryItems(known);
  const fake = createFakeTop();
  const clock = { now: () => NOW, sleep: async () => {} };
  const keys = createLocalKeys({
    masterKey: new Uint8Array(32),
    table: { read: async () => undefined, create: async (_id, wrapped) => ({ wrapped }) },
  });
  const seal: Seal = (record, entity) => sealRecord(record, entity, keys);
  const askForItems = createAskForItems({ top: fake.top, seal, clock });
  return { ...memory, ...fake, loader: createItemLoader({ items: memory.items, askForItems, clock }) };
}

describe('the item loader', () => {
  it('asks for the items of concurrent records in calls of 20, each id once, and one read of the cache', async () => {
    const { loader, answers, calls, reads } = bench();
    answers[ITEMS] = (call) => itemsReply(call.ids);
    const wanted = ids(45);
    const shared = limits();

    const [first, second] = await Promise.all([
      loader.load(wanted.slice(0, 30), shared),
      loader.load(wanted.slice(10), shared),
    ]);

    expect(calls.map((call) => call.ids.length)).toEqual([20, 20, 5]);
    expect(calls.flatMap((call) => call.ids).sort()).toEqual(wanted);
    expect(reads).toHaveLength(1);
    expect([...first.keys(), ...second.keys()]).toEqual([...wanted.slice(0, 30), ...wanted.slice(10)]);
  });

  it('joins rows by the echo of the asked id, whatever their order and new ids', async () => {
    const { loader, answers } = bench();
    answers[ITEMS] = (call) => itemsReply(call.ids);

    const found = await loader.load(['846195099548', '846195099549'], limits());

    expect(found.get('846195099548')).toMatchObject({
      itemId: '846195099548',
      upstreamItemId: 'new-846195099548',
      title: 'item 846195099548',
    });
  });

  it('makes no call for a cached item', async () => {
    const [itemId = ''] = ids(1);
    const { loader, calls } = bench([{ itemId, title: 'cached', observedAt: toIso(NOW - 30 * DAY_MS) }]);

    const found = await loader.load([itemId], limits());

    expect(found.get(itemId)?.title).toBe('cached');
    expect(calls).toEqual([]);
  });

  it.each([
    ['keeps', 'an item TOP did not know less than a day ago', DAY_MS - 1000, 0],
    ['asks again for', 'one it did not know a day ago', DAY_MS, 1],
  ])('%s %s', async (_verb, _what, ageMs, expected) => {
    const [itemId = ''] = ids(1);
    const { loader, answers, calls } = bench([{ itemId, missing: true, observedAt: toIso(NOW - ageMs) }]);
    answers[ITEMS] = (call) => itemsReply(call.ids);

    const found = await loader.load([itemId], limits());

    expect(calls).toHaveLength(expected);
    expect(found.get(itemId)?.missing).toBe(expected === 0 ? true : undefined);
  });

  it('remembers an item without a row as missing', async () => {
    const [known = '', unknown = ''] = ids(2);
    const { loader, answers, rows } = bench();
    answers[ITEMS] = () => itemsReply([known]);

    const found = await loader.load([known, unknown], limits());

    expect(found.get(unknown)).toEqual({ itemId: unknown, missing: true, observedAt: toIso(NOW) });
    expect(rows.get(unknown)?.missing).toBe(true);
    expect(rows.get(known)).not.toHaveProperty('missing');
  });

  const BROKEN = { item_basic_info: 'broken' };
  it.each([
    ['names its id', (itemId: string) => ({ ...BROKEN, input_item_iid: itemId }), true],
    ['names no id, so that no item may count as missing', () => BROKEN, false],
  ])('parks a row that cannot be read and %s', async (_name, brokenRow, othersKnown) => {
    const [known = '', broken = '', unknown = ''] = ids(3);
    const { loader, answers, rows } = bench();
    answers[ITEMS] = () => ({ results: [...itemsReply([known]).results, brokenRow(broken)] });
    const shared = limits();

    const results = await Promise.allSettled(
      [known, broken, unknown].map((itemId) => loader.load([itemId], shared)),
    );

    const [first, second, third] = results.map((result) => result.status);
    expect([first, second, third]).toEqual(['fulfilled', 'rejected', othersKnown ? 'fulfilled' : 'rejected']);
    expect(results[1]).toMatchObject({
      reason: { disposition: 'park', reason: 'unexpected-shape', field: 'results[].item_basic_info' },
    });
    expect(rows.get(unknown)?.missing).toBe(othersKnown ? true : undefined);
  });

  it('refuses the reply of another request', async () => {
    const { loader, answers, rows } = bench();
    answers[ITEMS] = () => itemsReply(['999999999999']);

    const loaded = loader.load(ids(2), limits());

    await expect(loaded).rejects.toMatchObject({ disposition: 'retry', reason: 'foreign-reply' });
    expect(rows.size).toBe(0);
  });

  it('halves a refused call until the culprit stands alone, so that its neighbours get their items', async () => {
    const wanted = ids(20);
    const culprit = wanted[13] ?? '';
    const { loader, answers, rows } = bench();
    answers[ITEMS] = (call) => {
      if (call.ids.includes(culprit)) throw topFailure({ disposition: 'park', reason: 'item-refused' });
      return itemsReply(call.ids);
    };
    const shared = limits();

    const results = await Promise.allSettled(wanted.map((itemId) => loader.load([itemId], shared)));

    const failed = wanted.filter((_, index) => results[index]?.status === 'rejected');
    expect(failed).toEqual([culprit]);
    expect(rows.size).toBe(19);
  });

  it('asks once and fails all when the call itself fails', async () => {
    const { loader, answers, calls } = bench();
    answers[ITEMS] = () => {
      throw topFailure({ disposition: 'retry', reason: 'server-error' });
    };

    const loaded = loader.load(ids(20), limits());

    await expect(loaded).rejects.toMatchObject({ reason: 'server-error' });
    expect(calls).toHaveLength(1);
  });

  it('does not share a call between invocations, so that the end of one harms no other', async () => {
    const { loader, answers, calls } = bench();
    answers[ITEMS] = (call) => itemsReply(call.ids);
    const ended = new AbortController();
    ended.abort(topFailure({ reason: 'invocation-ended' }));
    const [itemId = ''] = ids(1);

    const [dead, alive] = await Promise.allSettled([
      loader.load([itemId], limits(ended.signal)),
      loader.load([itemId], limits()),
    ]);

    expect(dead).toMatchObject({ status: 'rejected', reason: { reason: 'invocation-ended' } });
    expect(alive.status).toBe('fulfilled');
    expect(calls).toHaveLength(1);
  });
});
