import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toEpochMs } from '../../lib/domain/chinaTime.ts';
import { createAdOrdersTable } from '../../lib/store/adOrdersTable.ts';
import { createLeadsTable } from '../../lib/store/leadsTable.ts';
import { createOrdersTable } from '../../lib/store/ordersTable.ts';
import { createQuarantineTable } from '../../lib/store/quarantineTable.ts';
import { startTestEngines, type TestEngines } from '../support/engines.ts';
import { adLine, leadRecord, minute, ORDER_ID, SHOP, tradeWrite } from './samples.ts';

const DAY_MS = 86_400_000;

async function all<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const row of rows) found.push(row);
  return found;
}

/** Rows observed at `minute(2)` are gone from this second on. */
const EXPIRY = toEpochMs(minute(2)) + 93 * DAY_MS;

/** The engine never deletes them: what AWS does "typically within two days" is not waited for. */
describe('a row whose time is over but which is still there', () => {
  let engines: TestEngines;
  let now: number;
  const retention = { days: 93, now: () => now };
  beforeAll(async () => {
    engines = await startTestEngines();
  });
  afterAll(() => engines.close());

  it.each([
    ['a second before its expiry', -1000, true],
    ['in the second of its expiry', 0, false],
    ['a year later', 365 * DAY_MS, false],
  ])('is seen by every read of orders only until then: %s', async (_when, after, isThere) => {
    const orders = createOrdersTable(engines.dynamoDb, await engines.createTable('OrdersTable'), retention);
    now = toEpochMs(minute(3));
    await orders.writeTrade(tradeWrite());

    now = EXPIRY + after;

    const scanned = await all(orders.scan());
    expect([(await orders.read(ORDER_ID))?.orderId, scanned.length]).toEqual(
      isThere ? [ORDER_ID, 1] : [undefined, 0],
    );
  });

  it('stands in no condition: an older trade is written over it, and nothing of it remains', async () => {
    const orders = createOrdersTable(engines.dynamoDb, await engines.createTable('OrdersTable'), retention);
    now = toEpochMs(minute(3));
    const facets = { car: { value: null, rev: 0 } };
    await orders.writeTrade(tradeWrite({ modifiedAt: minute(9) }));
    await orders.writeFacets({ orderId: ORDER_ID, shop: SHOP, facets, firstSeenAt: minute(1) });

    now = EXPIRY;
    const older = tradeWrite({ modifiedAt: minute(1), observedAt: '2027-02-25T00:00:00+08:00' });
    const result = await orders.writeTrade(older);

    const order = await orders.read(ORDER_ID);
    expect([result.outcome, order?.tradeModifiedAt, order?.car]).toEqual(['written', minute(1), undefined]);
  });

  it('is absent for leads, ad lines and quarantine as well', async () => {
    const leads = createLeadsTable(engines.dynamoDb, await engines.createTable('LeadsTable'), retention);
    const adOrders = createAdOrdersTable(
      engines.dynamoDb,
      await engines.createTable('AdOrdersTable'),
      retention,
    );
    const quarantine = createQuarantineTable(
      engines.dynamoDb,
      await engines.createTable('QuarantineTable'),
      retention,
    );
    now = toEpochMs(minute(3));
    const lead = leadRecord({ observedAt: minute(2), phoneIndex: 'p1' });
    await leads.writeLead(lead);
    await adOrders.writeLine(adLine({ observedAt: minute(2) }));
    await quarantine.park({ quarantineId: 'q1', source: 'orders', reason: 'r', seenAt: minute(2) });
    const seen = async () => [
      (await leads.read(lead.leadId)) !== undefined,
      (await leads.idsByPhone('p1')).length,
      // The index holds keys only; whoever asks it reads the leads.
      (await Promise.all((await leads.idsOfOrder(ORDER_ID)).map((id) => leads.read(id)))).filter(Boolean)
        .length,
      (await all(leads.scan())).length,
      (await all(adOrders.scan())).length,
      (await quarantine.read('q1')) !== undefined,
      await quarantine.count(),
    ];
    expect(await seen()).toEqual([true, 1, 1, 1, 1, true, 1]);

    now = EXPIRY;

    expect(await seen()).toEqual([false, 0, 0, 0, 0, false, 0]);
    expect(await leads.writeLead({ ...lead, observedAt: minute(1) })).toBe('written');
  });
});
