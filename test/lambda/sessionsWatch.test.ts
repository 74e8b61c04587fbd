import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LogFields } from '../../lib/core/log.ts';
import { toIso } from '../../lib/domain/chinaTime.ts';
import type { Shop } from '../../lib/lambda/environment.ts';
import { createSessionsWatch } from '../../lib/lambda/sessionsWatch.ts';
import { createDuesTable, type Due, type DuesTable } from '../../lib/store/duesTable.ts';
import { sessionFingerprint } from '../../lib/store/halts.ts';
import { sessionsLeft } from '../../lib/store/sessionsLeft.ts';
import { createShopsTable, type ShopsTable } from '../../lib/store/shopsTable.ts';
import { startTestEngines, type TestEngines } from '../support/engines.ts';

const DAY = 86_400_000;
const MINUTE = 60_000;
const START = Date.parse('2026-11-20T10:00:00+08:00');

let engines: TestEngines;
let shopsTable: ShopsTable;
let dues: DuesTable;
let now: number;
let lines: { level: string; event: string; fields: LogFields | undefined }[];

beforeAll(async () => {
  engines = await startTestEngines();
});
afterAll(() => engines.close());
beforeEach(async () => {
  now = START;
  lines = [];
  shopsTable = createShopsTable(engines.dynamoDb, await engines.createTable('ShopsTable'));
  dues = createDuesTable(engines.dynamoDb, await engines.createTable('DuesTable'), log);
});

const write = (level: string) => (event: string, fields?: LogFields) =>
  void lines.push({ level, event, fields });
const log = { info: write('info'), warn: write('warn'), error: write('error') };
const clock = { now: () => now };

/** A process of its own. */
const watch = (...shops: Shop[]) => createSessionsWatch({ shops, shopsTable, dues, clock, log });
const shop = (session: string, more: Partial<Shop> = {}): Shop => ({
  sellerNick: '测试旗舰店',
  session,
  ...more,
});

describe('warnings of a session that ends', () => {
  it('come once each at 14, 7 and 1 days left, whatever number of processes look each minute, then daily', async () => {
    const shops = shop('session-1', { expiresAt: toIso(START + 20 * DAY) });
    const watches = [watch(shops), watch(shops)];

    for (; now < START + 22 * DAY; now += DAY / 4) {
      await Promise.all(watches.map((look) => look()));
    }

    const told = lines.map(({ level, event, fields }) => [level, event, fields?.count]);
    expect(told.slice(0, 3)).toEqual([
      ['warn', 'session-expires', 14],
      ['warn', 'session-expires', 7],
      ['error', 'session-expires', 1],
    ]);
    expect(told.length).toBeLessThanOrEqual(7);
    expect(new Set(told.slice(3).map(([level]) => level))).toEqual(new Set(['error']));
    expect(told.at(-1)).toEqual(['error', 'session-expires', 0]);
  });

  it('name the shop, the end and the command, and never the session', async () => {
    await watch(shop('session-in-clear', { expiresAt: toIso(START + DAY / 2) }))();

    expect(lines[0]?.fields).toMatchObject({ shop: '测试旗舰店', until: toIso(START + DAY / 2) });
    expect(lines[0]?.fields?.hint).toContain('shops set-session');
    expect(JSON.stringify(lines)).not.toContain('session-in-clear');
  });

  it('begin anew with a new session', async () => {
    await watch(shop('session-1', { expiresAt: toIso(START + 7 * DAY), setAt: toIso(START) }))();
    now += MINUTE;
    await watch(shop('session-2', { expiresAt: toIso(START + 365 * DAY), setAt: toIso(now) }))();
    now = START + 360 * DAY;
    await watch(shop('session-2', { expiresAt: toIso(START + 365 * DAY), setAt: toIso(START + MINUTE) }))();

    const warnings = lines.filter(({ event }) => event === 'session-expires');
    expect(warnings.map(({ fields }) => fields?.count)).toEqual([7, 5]);
  });
});

describe('the days left', () => {
  it('are those of the sessions in use, the nearest end first; a shop without a known end is listed last', async () => {
    await watch(
      { sellerNick: '甲', session: 'a' },
      { sellerNick: '乙', session: 'b', expiresAt: toIso(START + 30 * DAY) },
      { sellerNick: '丙', session: 'c', expiresAt: toIso(START + 2 * DAY + 1000) },
    )();

    expect(await sessionsLeft({ shops: shopsTable }, now)).toEqual([
      { shop: '丙', expiresAt: toIso(START + 2 * DAY + 1000), daysLeft: 3 },
      { shop: '乙', expiresAt: toIso(START + 30 * DAY), daysLeft: 30 },
      { shop: '甲' },
    ]);
  });

  it('no longer tell of a shop that was removed', async () => {
    await watch({ sellerNick: '甲', session: 'a' }, { sellerNick: '乙', session: 'b' })();

    await watch({ sellerNick: '乙', session: 'b' })();

    expect((await sessionsLeft({ shops: shopsTable }, now)).map((left) => left.shop)).toEqual(['乙']);
  });
});

describe('a renewed session', () => {
  const due = (orderId: string, minutes: number, more: Partial<Due> = {}): Due => ({
    orderId,
    reason: 'owed',
    dueAt: toIso(START + minutes * MINUTE),
    shop: '测试旗舰店',
    attempts: 0,
    ...more,
  });
  const dueNow = async () =>
    (await dues.due(['owed', 'leadCheck'], now, 100)).map(({ orderId }) => orderId).sort();
  const halt = (session: string) =>
    shopsTable.halt({
      shop: '测试旗舰店',
      method: 'tmall.aliauto.lead.info.get',
      sessionHash: sessionFingerprint(session),
      reason: 'session-expired',
      since: toIso(START),
    });

  it('makes due at once what its halt had put off, and nothing else', async () => {
    await watch(shop('session-1'))();
    await dues.put(due('1', 9));
    await dues.put(due('2', 5, { reason: 'leadCheck' }));
    await dues.put(due('3', 5, { reason: 'leadCheck', attempts: 1 }));
    await dues.put(due('4', 9, { shop: '测试二店' }));
    await dues.put(due('5', 600));

    await watch(shop('session-2'))();

    expect(await dueNow()).toEqual(['1', '2']);
  });

  it('is known by the halt of another session where nothing was noted before', async () => {
    await halt('session-1');
    await dues.put(due('1', 9));

    await watch(shop('session-2'))();

    expect(await dueNow()).toEqual(['1']);
  });

  it('releases again what a process with the former session put off, until none can have it', async () => {
    await watch(shop('session-1', { setAt: toIso(START - DAY) }))();
    const look = watch(shop('session-2', { setAt: toIso(START) }));
    await look();

    now += 5 * MINUTE;
    await dues.put(due('1', 15));
    await look();
    const during = await dueNow();
    now += 2 * MINUTE;
    await dues.put(due('2', 17));
    await look();

    expect(during).toEqual(['1']);
    expect(await dueNow()).toEqual(['1']);
  });

  it('is not undone by a process that still has the former one', async () => {
    const former = watch(shop('session-1', { setAt: toIso(START - DAY) }));
    await former();
    await watch(shop('session-2', { setAt: toIso(START) }))();

    now += MINUTE;
    await former();

    expect((await shopsTable.sessions())[0]?.sessionHash).toBe(sessionFingerprint('session-2'));
  });

  it('leaves everything as it is when a process starts with the same session', async () => {
    await watch(shop('session-1'))();
    await halt('session-1');
    await dues.put(due('1', 9));
    const before = await shopsTable.sessions();

    await watch(shop('session-1'))();

    expect(await dueNow()).toEqual([]);
    expect(await shopsTable.sessions()).toEqual(before);
  });
});

describe('a watch that cannot do its work', () => {
  it('says so and lets the function go on', async () => {
    const broken = { ...shopsTable, sessions: () => Promise.reject(new Error('no table')) };

    await createSessionsWatch({ shops: [shop('session-1')], shopsTable: broken, dues, clock, log })();

    expect(lines).toEqual([expect.objectContaining({ level: 'error', event: 'sessions-not-watched' })]);
  });
});
