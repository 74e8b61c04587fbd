import { silentLog } from '../../lib/core/log.ts';
import type { AdLine } from '../../lib/domain/adLine.ts';
import { toIso } from '../../lib/domain/chinaTime.ts';
import type { LeadRecord } from '../../lib/domain/leadRecord.ts';
import type { QueueMessageOf } from '../../lib/domain/queueMessage.ts';
import type { TradeFacet } from '../../lib/domain/tradeFacet.ts';
import { createAskForItems } from '../../lib/enrich/askForItems.ts';
import { createOrderEnricher } from '../../lib/enrich/enrichOrder.ts';
import { createItemLoader } from '../../lib/enrich/itemLoader.ts';
import { createAdLineStorer } from '../../lib/enrich/storeAdLine.ts';
import { createLeadStorer } from '../../lib/enrich/storeLead.ts';
import type { EnrichShop, RunLimits, Seal } from '../../lib/enrich/stores.ts';
import { createLocalKeys } from '../../lib/privacy/localKeys.ts';
import { sealRecord } from '../../lib/privacy/sealRecord.ts';
import { createAdOrdersTable } from '../../lib/store/adOrdersTable.ts';
import { createDuesTable, type Due } from '../../lib/store/duesTable.ts';
import { createHaltGate } from '../../lib/store/halts.ts';
import { createItemsTable } from '../../lib/store/itemsTable.ts';
import { createKeysTable } from '../../lib/store/keysTable.ts';
import { createLeadsTable } from '../../lib/store/leadsTable.ts';
import { createOrdersTable } from '../../lib/store/ordersTable.ts';
import { createQuarantineTable, type Parked } from '../../lib/store/quarantineTable.ts';
import { createShopsTable } from '../../lib/store/shopsTable.ts';
import type { TestEngines } from '../support/engines.ts';
import { createFakeTop } from './fakeTop.ts';

export const SHOP: EnrichShop = { sellerNick: '测试旗舰店', session: 'session-1' };
export const OTHER_SHOP: EnrichShop = { sellerNick: '测试专卖店', session: 'session-2' };
export const ORDER_ID = '4277659395456225432';
/** 2026-11-20 12:00 in Beijing. */
export const NOW = Date.parse('2026-11-20T12:00:00+08:00');

export type Bench = Awaited<ReturnType<typeof createBench>>;

/** The three flows over fresh tables of the embedded engine, TOP played by an inert fake. */
export async function createBench(engines: TestEngines, shops: readonly EnrichShop[] = [SHOP, OTHER_SHOP]) {
  const db = engines.dynamoDb;
  const time = { now: NOW };
  const clock = { now: () => time.now, sleep: async () => {} };
  const [ordersName, leadsName, adOrdersName, itemsName, duesName, shopsName, quarantineName, keysName] =
    await Promise.all(
      (
        [
          'OrdersTable',
          'LeadsTable',
          'AdOrdersTable',
          'ItemsTable',
          'DuesTable',
          'ShopsTable',
          'QuarantineTable',
          'KeysTable',
        ] as const
      ).map((id) => engines.createTable(id)),
    );
  const orders = createOrdersTable(db, ordersName ?? '');
  const leads = createLeadsTable(db, leadsName ?? '');
  const adOrders = createAdOrdersTable(db, adOrdersName ?? '');
  const items = createItemsTable(db, itemsName ?? '');
  const dues = createDuesTable(db, duesName ?? '');
  const quarantine = createQuarantineTable(db, quarantineName ?? '');
  const keys = createLocalKeys({
    masterKey: new Uint8Array(32).fill(7),
    table: createKeysTable(db, keysName ?? ''),
  });
  const seal: Seal = (record, entity) => sealRecord(record, entity, keys);
  const haltGate = createHaltGate({
    shopsTable: createShopsTable(db, shopsName ?? ''),
    clock,
    log: silentLog,
  });
  const fake = createFakeTop();
  const itemLoader = createItemLoader({
    items,
    askForItems: createAskForItems({ top: fake.top, seal, clock }),
    clock,
  });
  const enricher = createOrderEnricher({
    top: fake.top,
    notFoundCodesCar: new Set(['ORDER_NOT_EXIST']),
    orders,
    leads,
    adOrders,
    dues,
    quarantine,
    shops,
    clock,
    log: silentLog,
    seal,
    haltGate,
    itemLoader,
  });
  const leadStorer = createLeadStorer({ orders, leads });
  const storeAdLine = createAdLineStorer({
    orders,
    leads,
    adOrders,
    shops: new Set(shops.map((shop) => shop.sellerNick)),
  });
  return {
    time,
    orders,
    leads,
    adOrders,
    items,
    dues,
    quarantine,
    fake,
    enricher,
    leadStorer,
    storeAdLine,
    allDues: () => all<Due>(dues.scan()),
    allParked: () => all<Parked>(quarantine.list()),
  };
}

/** Every row of a listing. */
export async function all<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const row of rows) found.push(row);
  return found;
}

export function limits(signal = new AbortController().signal): RunLimits {
  return { deadline: NOW + 45_000, signal };
}

export function trade(parts: Partial<TradeFacet> = {}): TradeFacet {
  return {
    orderId: ORDER_ID,
    shop: SHOP.sellerNick,
    createdAt: '2026-11-20T10:00:00+08:00',
    modifiedAt: '2026-11-20T10:05:00+08:00',
    statusCode: 'WAIT_SELLER_SEND_GOODS',
    status: 'paid',
    itemId: '846195099548',
    subOrders: [{ subOrderId: '4277659395456225433', itemId: '846195099548', categoryId: '50001' }],
    promotions: [],
    serviceOrders: [],
    ...parts,
  };
}

export function tradeMessage(parts: Partial<TradeFacet> = {}, hash = 'hash-1'): QueueMessageOf<'trade'> {
  const facet = trade(parts);
  const { orderId, shop } = facet;
  return { v: 1, kind: 'trade', shop, orderId, observedAt: toIso(NOW), hash, trade: facet };
}

export function adLine(parts: Partial<AdLine> = {}): AdLine {
  return {
    orderId: ORDER_ID,
    line: '4277659395456225433#2#click-1',
    subOrderId: '4277659395456225433',
    shop: SHOP.sellerNick,
    prodType: 1,
    statusCode: 2,
    clickAt: '2026-11-19T20:00:00+08:00',
    channelId: '12',
    payFen: 99900,
    observedAt: toIso(NOW),
    hash: 'line-hash-1',
    ...parts,
  };
}

export function lead(parts: Partial<LeadRecord> = {}): LeadRecord {
  return {
    leadId: '1851125030483093545',
    source: 'pulled',
    shop: SHOP.sellerNick,
    orderId: ORDER_ID,
    createdAt: '2026-11-20T10:01:00+08:00',
    observedAt: toIso(NOW),
    hash: 'lead-hash-1',
    seriesName: '测试车系',
    orderStatus: 'CLOSE',
    ...parts,
  };
}

export function leadMessage(parts: Partial<LeadRecord> = {}): QueueMessageOf<'lead'> {
  const record = lead(parts);
  return { v: 1, kind: 'lead', shop: record.shop, lead: record };
}
