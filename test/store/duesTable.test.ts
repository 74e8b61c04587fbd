import { type AttributeValue, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Log, silentLog } from '../../lib/core/log.ts';
import { createDuesTable, type Due, type DuesTable } from '../../lib/store/duesTable.ts';
import { loseReplies } from '../support/dynamoDbFaults.ts';
import { startTestEngines, type TestEngines } from '../support/engines.ts';
import { minute, SHOP } from './samples.ts';

let engines: TestEngines;
let tableName: string;
let dues: DuesTable;

/** Epoch milliseconds of `minute(n)`. */
const at = (n: number) => Date.parse(minute(n));

function due(overrides: Partial<Due> = {}): Due {
  const { dueAt = minute(5) } = overrides;
  return {
    orderId: '1',
    reason: 'leadCheck',
    dueAt,
    firstDueAt: dueAt,
    shop: SHOP,
    attempts: 0,
    ...overrides,
  };
}

beforeAll(async () => {
  engines = await startTestEngines();
});
afterAll(() => engines.close());
beforeEach(async () => {
  tableName = await engines.createTable('DuesTable');
  dues = createDuesTable(engines.dynamoDb, tableName);
});

async function all(): Promise<Due[]> {
  const found: Due[] = [];
  for await (const one of dues.scan()) found.push(one);
  return found;
}

describe('put', () => {
  it('replaces a lead check whole, so that its schedule begins anew', async () => {
    await dues.put(due({ attempts: 4, dueAt: minute(1), firstDueAt: minute(0), steps: ['car'] }));

    await dues.put(due({ dueAt: minute(9) }));

    expect(await all()).toEqual([due({ dueAt: minute(9) })]);
  });

  it('takes a due from whoever still holds the earlier one of the same reason', async () => {
    const held = due({ reason: 'owed', steps: ['car'] });
    await dues.put(held);

    await dues.put(due({ reason: 'owed', dueAt: minute(7), steps: ['items'] }));

    expect(await dues.remove(held)).toBe('stale');
    expect(await all()).toMatchObject([{ dueAt: minute(7), steps: ['items'] }]);
  });

  it('keeps one due per order and reason', async () => {
    await dues.put(due({ reason: 'leadCheck' }));
    await dues.put(due({ reason: 'openOrder' }));
    await dues.put(due({ reason: 'openOrder', dueAt: minute(8) }));

    expect((await all()).map(({ reason }) => reason).sort()).toEqual(['leadCheck', 'openOrder']);
  });

  it('starts a schedule at its first time unless told', async () => {
    const { firstDueAt: _, ...withoutFirst } = due();

    await dues.put(withoutFirst);

    expect(await all()).toEqual([due()]);
  });
});

describe('due', () => {
  it('answers the earliest ones of the reasons asked for, never one that lies ahead', async () => {
    const times = Array.from({ length: 30 }, (_, n) => (n * 7) % 30);
    await Promise.all(
      times.map((n) => dues.put(due({ orderId: `42776593954562254${n}`, dueAt: minute(n) }))),
    );
    await dues.put(due({ orderId: '2', reason: 'owed', dueAt: minute(0) }));

    const found = await dues.due(['leadCheck'], at(20), 10);
    const more = await dues.due(['leadCheck', 'owed'], at(20), 100);

    expect(found.map(({ dueAt }) => dueAt)).toEqual(Array.from({ length: 10 }, (_, n) => minute(n)));
    expect(more).toHaveLength(22);
    expect(more.every(({ dueAt }) => dueAt <= minute(20))).toBe(true);
  });
});

describe('a due that was seen', () => {
  const next = { dueAt: minute(15), attempts: 1 };
  const changes: readonly [string, Partial<Due> | 'removed' | 'as seen', 'written' | 'stale'][] = [
    ['is as seen', 'as seen', 'written'],
    ['was put anew', { dueAt: minute(6) }, 'stale'],
    ['was tried meanwhile', { attempts: 1 }, 'stale'],
    ['was removed', 'removed', 'stale'],
  ];

  it.each(changes)('is moved: it %s', async (_, change, outcome) => {
    const seen = due();
    await dues.put(seen);
    if (change === 'removed') await dues.remove(seen);
    else if (change !== 'as seen') await dues.put({ ...seen, ...change });
    const before = await all();

    const result = await dues.reschedule(seen, next);

    expect(result).toBe(outcome);
    expect(await all()).toEqual(outcome === 'written' ? [{ ...seen, ...next }] : before);
  });

  it.each(changes)('is removed: it %s', async (_, change, outcome) => {
    const seen = due();
    await dues.put(seen);
    if (change === 'removed') await dues.remove(seen);
    else if (change !== 'as seen') await dues.put({ ...seen, ...change });

    const result = await dues.remove(seen);

    const gone = change === 'as seen' || change === 'removed';
    expect(result).toBe(gone ? 'written' : outcome);
    expect(await all()).toHaveLength(gone ? 0 : 1);
  });

  it('is moved once by racing runs', async () => {
    await dues.put(due());

    const results = await Promise.all(
      [1, 2, 3, 4].map((n) => dues.reschedule(due(), { dueAt: minute(20 + n), attempts: 1 })),
    );

    expect(results.filter((result) => result === 'written')).toHaveLength(1);
  });

  it.each(['reschedule', 'remove'] as const)('%s counts as done when its reply was lost', async (deed) => {
    const client = engines.newDynamoDb(3);
    loseReplies(client, ['UpdateItemCommand', 'DeleteItemCommand']);
    await dues.put(due());
    const table = createDuesTable(client, tableName);

    const result = deed === 'remove' ? await table.remove(due()) : await table.reschedule(due(), next);

    expect(result).toBe('written');
  });
});

describe('a row that this version did not write', () => {
  const foreign = (overrides: Record<string, AttributeValue>) => ({
    orderId: { S: '7' },
    reason: { S: 'leadCheck' },
    bucket: { S: 'leadCheck#0' },
    dueAt: { S: minute(1) },
    shop: { S: SHOP },
    attempts: { N: '0' },
    firstDueAt: { S: minute(1) },
    ...overrides,
  });
  const write = (item: Record<string, AttributeValue>) =>
    engines.dynamoDb.send(new PutItemCommand({ TableName: tableName, Item: item }));
  const rows: readonly [string, Record<string, AttributeValue>, string, string][] = [
    ['a later version', { v: { N: '2' } }, 'due-foreign-version', 'v'],
    ['no version number', { v: { S: '1' } }, 'due-foreign-version', 'v'],
    ['an unknown reason', { reason: { S: 'surprise' } }, 'due-unreadable', 'reason'],
    ['attempts in words', { attempts: { S: 'two' } }, 'due-unreadable', 'attempts'],
    ['a time without zone', { dueAt: { S: '2026-01-01T00:00:00' } }, 'due-unreadable', 'dueAt'],
    ['an unknown step', { steps: { SS: ['car', 'wash'] } }, 'due-unreadable', 'steps'],
    ['an unknown member', { surprise: { BOOL: true } }, 'due-unreadable', ''],
    ['no shop', { shop: { S: '' } }, 'due-unreadable', 'shop'],
  ];
  it.each(rows)(
    '(%s) is neither done, fixed nor dropped; it is told as an error',
    async (_, change, refusal, field) => {
      const item = foreign(change);
      await write(item);
      await dues.put(due({ orderId: '8', dueAt: minute(2) }));
      const told: unknown[] = [];
      const log: Log = { ...silentLog, error: (event, fields) => void told.push([event, fields]) };
      const table = createDuesTable(engines.dynamoDb, tableName, log);

      const found = await table.due(['leadCheck'], at(20), 1);
      const scanned: Due[] = [];
      for await (const one of table.scan()) scanned.push(one);
      const refused = [];
      for await (const one of table.refused()) refused.push(one);

      expect([found, scanned].map((list) => list.map(({ orderId }) => orderId))).toEqual([['8'], ['8']]);
      expect(refused).toEqual([{ orderId: '7', reason: item.reason.S, refusal, field }]);
      expect(told).toContainEqual([
        'due-refused',
        expect.objectContaining({
          orderId: '7',
          reason: refusal,
          field,
          hint: expect.stringContaining('dues repair'),
        }),
      ]);
      const kept = await engines.dynamoDb.send(
        new GetItemCommand({ TableName: tableName, Key: { orderId: item.orderId, reason: item.reason } }),
      );
      expect(kept.Item).toEqual(item);
    },
  );

  it('(no version, as the first versions wrote it) is read as version 1', async () => {
    await write(foreign({}));

    expect(await all()).toEqual([due({ orderId: '7', dueAt: minute(1) })]);
  });
});

describe('count', () => {
  it('tells what waits, what comes later and when', async () => {
    expect(await dues.count(at(5))).toEqual({ due: 0, later: 0 });
    const put = (n: number, reason: Due['reason']) =>
      dues.put(due({ orderId: String(n), dueAt: minute(n), reason }));
    await Promise.all([
      put(1, 'leadCheck'),
      put(5, 'owed'),
      put(8, 'carCheck'),
      put(6, 'openOrder'),
      put(9, 'owed'),
    ]);

    expect(await dues.count(at(5))).toEqual({ due: 2, later: 3, nextDueAt: minute(6) });
  });
});
