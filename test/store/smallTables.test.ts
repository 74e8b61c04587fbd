import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ItemSummary } from '../../lib/domain/itemFacet.ts';
import type { Sealed } from '../../lib/domain/personal.ts';
import { createAdOrdersTable } from '../../lib/store/adOrdersTable.ts';
import { createItemsTable } from '../../lib/store/itemsTable.ts';
import { createKeysTable } from '../../lib/store/keysTable.ts';
import { createQuarantineTable } from '../../lib/store/quarantineTable.ts';
import { limitPages, loseReplies } from '../support/dynamoDbFaults.ts';
import { startTestEngines, type TestEngines } from '../support/engines.ts';
import { adLine, minute, SHOP } from './samples.ts';

let engines: TestEngines;

beforeAll(async () => {
  engines = await startTestEngines();
});
afterAll(() => engines.close());

describe('adOrders', () => {
  it('keeps every line of an order, each at its greatest version', async () => {
    const table = createAdOrdersTable(engines.dynamoDb, await engines.createTable('AdOrdersTable'));
    const [placed, paid] = [adLine(), adLine({ line: '4277659395456225433#2#c1', statusCode: 2 })];
    const later = adLine({ observedAt: minute(9), hash: 'h2', payFen: 100 });

    const results = [];
    for (const line of [placed, paid, later, placed, later, adLine({ ...later, observedAt: minute(10) })]) {
      results.push(await table.writeLine(line));
    }

    expect(results).toEqual(['written', 'written', 'written', 'stale', 'written', 'stale']);
    expect(await table.linesOf(placed.orderId)).toEqual([{ ...later, observedAt: minute(10) }, paid]);
    expect(await table.linesOf('1')).toEqual([]);
  });

  it('reads the lines of an order over pages', async () => {
    const client = engines.newDynamoDb();
    const table = createAdOrdersTable(client, await engines.createTable('AdOrdersTable'));
    limitPages(client, 2);
    const lines = Array.from({ length: 5 }, (_, n) => adLine({ line: `1#${n}#c` }));
    await Promise.all(lines.map((line) => table.writeLine(line)));

    expect(await table.linesOf(adLine().orderId)).toEqual(lines);
  });
});

describe('items', () => {
  const item = (n: number, observedAt = minute(1)): ItemSummary => ({
    itemId: `XjzL${n}-abc`,
    title: `item ${n}`,
    observedAt,
  });

  it('reads any number of items, doubles and unknown ones included', async () => {
    const table = createItemsTable(engines.dynamoDb, await engines.createTable('ItemsTable'));
    const items = Array.from({ length: 130 }, (_, n) => item(n));
    await Promise.all(items.map((one) => table.write(one)));
    const ids = items.map(({ itemId }) => itemId);

    const found = await table.readMany([...ids, ...ids, 'unknown']);

    expect([...found.values()].sort((a, b) => ids.indexOf(a.itemId) - ids.indexOf(b.itemId))).toEqual(items);
    expect(await table.readMany([])).toEqual(new Map());
  });

  it('keeps the later observation', async () => {
    const table = createItemsTable(engines.dynamoDb, await engines.createTable('ItemsTable'));

    const results = [];
    for (const one of [item(1, minute(2)), item(1, minute(5)), item(1, minute(3))])
      results.push(await table.write(one));

    expect(results).toEqual(['written', 'written', 'stale']);
    expect((await table.readMany(['XjzL1-abc'])).get('XjzL1-abc')?.observedAt).toBe(minute(5));
  });

  it('asks again for keys that a reply left unprocessed, and gives up with an error to retry', async () => {
    const waits: number[] = [];
    const clock = { now: () => 0, sleep: async (ms: number) => void waits.push(ms) };
    const client = engines.newDynamoDb();
    const tableName = await engines.createTable('ItemsTable');
    client.middlewareStack.add(
      () => async () => ({
        response: {},
        output: { $metadata: {}, UnprocessedKeys: { [tableName]: { Keys: [{ itemId: { S: '1' } }] } } },
      }),
      { step: 'initialize', name: 'nothingProcessed' },
    );

    const reading = createItemsTable(client, tableName, clock).readMany(['1']);

    await expect(reading).rejects.toMatchObject({ disposition: 'retry', reason: 'store-unavailable' });
    expect(waits).toHaveLength(5);
  });
});

describe('keys', () => {
  it('has one winner among racing makers, and all of them learn it', async () => {
    const table = createKeysTable(engines.dynamoDb, await engines.createTable('KeysTable'));

    const made = await Promise.all(
      Array.from({ length: 20 }, (_, n) => table.create('order#1', `wrapped ${n}`)),
    );

    expect(new Set(made.map(({ wrapped }) => wrapped)).size).toBe(1);
    expect(await table.read('order#1')).toEqual(made[0]);
    expect(await table.read('order#2')).toBeUndefined();
  });

  it.each([1, 3])('gives back our own key when the reply was lost (%i attempts)', async (attempts) => {
    const client = engines.newDynamoDb(attempts);
    const table = createKeysTable(client, await engines.createTable('KeysTable'));
    loseReplies(client, ['PutItemCommand']);

    expect((await table.create('order#1', 'ours')).wrapped).toBe('ours');
    expect((await table.create('order#1', 'another')).wrapped).toBe('ours');
  });
});

describe('quarantine', () => {
  const payloadSealed = (size: number): Sealed => ({
    mask: '',
    envelope: { v: 1, keyId: 'k', aad: 'a', iv: 'i', ct: 'x'.repeat(size), tag: 't' },
  });
  const entry = {
    quarantineId: 'orders#trade#1',
    source: 'orders',
    shop: SHOP,
    reason: 'unreadable-message',
    seenAt: minute(1),
  };

  it('parks a record once, counts it after that, and forgets it when it is resolved', async () => {
    const table = createQuarantineTable(engines.dynamoDb, await engines.createTable('QuarantineTable'));

    const first = await table.park({ ...entry, field: 'trade.created', payloadSealed: payloadSealed(9) });
    const again = await table.park({ ...entry, reason: 'record-too-large', seenAt: minute(4) });
    const parked = await table.read(entry.quarantineId);
    const count = await table.count();
    await table.resolve(entry.quarantineId);
    await table.resolve(entry.quarantineId);

    expect([first, again, count]).toEqual(['written', 'known', 1]);
    const { seenAt: _, ...described } = entry;
    expect(parked).toEqual({
      ...described,
      reason: 'record-too-large',
      field: 'trade.created',
      payloadSealed: payloadSealed(9),
      firstSeenAt: minute(1),
      lastSeenAt: minute(4),
      times: 2,
    });
    expect(await table.count()).toBe(0);
    expect(await table.park(entry)).toBe('written');
  });

  it('parks a record whose payload does not fit without it', async () => {
    const table = createQuarantineTable(engines.dynamoDb, await engines.createTable('QuarantineTable'));

    const result = await table.park({ ...entry, payloadSealed: payloadSealed(360 * 1024) });

    expect(result).toBe('written');
    for await (const parked of table.list()) {
      expect(parked).toMatchObject({ reason: entry.reason, payloadDropped: true });
      expect(parked).not.toHaveProperty('payloadSealed');
    }
  });

  it('is parked when only the reply was lost', async () => {
    const client = engines.newDynamoDb(1);
    const table = createQuarantineTable(client, await engines.createTable('QuarantineTable'));
    loseReplies(client, ['UpdateItemCommand']);

    expect(await table.park(entry)).toBe('written');
    expect(await table.count()).toBe(1);
  });
});
