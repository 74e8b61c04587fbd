import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createHealer } from '../../lib/queue/healParked.ts';
import { createQuarantineTable, type QuarantineTable } from '../../lib/store/quarantineTable.ts';
import { startTestEngines, type TestEngines } from '../support/engines.ts';
import { AT, noLead, SHOP } from './samples.ts';

const LATER = '2026-11-20T10:00:01+08:00';

let engines: TestEngines;
let quarantine: QuarantineTable;
let now: number;
const clock = { now: () => now };

beforeAll(async () => {
  engines = await startTestEngines();
});
afterAll(() => engines.close());
beforeEach(async () => {
  now = Date.parse(AT);
  quarantine = createQuarantineTable(engines.dynamoDb, await engines.createTable('QuarantineTable'));
});

const park = (orderId: string, version = AT) =>
  quarantine.park({
    quarantineId: `leads#noLead#${orderId}`,
    source: 'leads',
    shop: SHOP,
    orderId,
    version,
    reason: 'record-too-large',
    seenAt: AT,
  });
const healer = () => createHealer({ source: 'leads', quarantine, clock });

describe('a parked message', () => {
  it.each([
    ['the same version', AT],
    ['a later version', LATER],
  ])('leaves quarantine when %s works', async (_, observedAt) => {
    await park('1');
    await park('2');

    await healer().heal(noLead('1', { observedAt }), 0);

    expect(await quarantine.idsOf('leads')).toEqual(new Set(['leads#noLead#2']));
  });

  it('stays when an older version works that came late', async () => {
    await park('1', LATER);

    await healer().heal(noLead('1'), 0);

    expect(await quarantine.count()).toBe(1);
  });

  it('is found at once when it was parked by this process or sent again, within a minute otherwise', async () => {
    const { heal, parked } = healer();
    await heal(noLead('0'), 0);
    await Promise.all(['1', '2', '3'].map((id) => park(id)));
    await parked('leads#noLead#1');

    await heal(noLead('1'), 0);
    await heal(noLead('2'), 1);
    await heal(noLead('3'), 0);
    const soon = await quarantine.idsOf('leads');
    now += 60_000;
    await heal(noLead('3'), 0);

    expect(soon).toEqual(new Set(['leads#noLead#3']));
    expect(await quarantine.count()).toBe(0);
  });

  it('stays when it was met again since it was seen', async () => {
    await park('1');
    const seen = await quarantine.read('leads#noLead#1');
    await park('1');

    expect(seen && (await quarantine.resolveSeen(seen))).toBe('stale');
    expect(await quarantine.count()).toBe(1);
  });
});

describe('looking through quarantine', () => {
  it('is tried again after it failed', async () => {
    await park('1');
    let failures = 1;
    const failing = {
      ...quarantine,
      idsOf: (source: string) => {
        failures -= 1;
        return failures < 0 ? quarantine.idsOf(source) : Promise.reject(new Error('away'));
      },
    };
    const { heal } = createHealer({ source: 'leads', quarantine: failing, clock });

    await expect(heal(noLead('1'), 0)).rejects.toThrow('away');
    await heal(noLead('1'), 0);

    expect(await quarantine.count()).toBe(0);
  });
});
