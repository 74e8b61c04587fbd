import type { AdLine } from '../../lib/domain/adLine.ts';
import type { AttributionFacet } from '../../lib/domain/attributionFacet.ts';
import type { CarFacet } from '../../lib/domain/carFacet.ts';
import type { LeadRecord } from '../../lib/domain/leadRecord.ts';
import type { TradeFacet } from '../../lib/domain/tradeFacet.ts';
import type { TradeWrite } from '../../lib/store/ordersTable.ts';

export const SHOP = '测试旗舰店';
export const ORDER_ID = '4277659395456225432';

/** `minute` of 2026-11-20 10:00 +08:00. */
export function minute(n: number): string {
  return `2026-11-20T10:${String(n).padStart(2, '0')}:00+08:00`;
}

export function tradeFacet(overrides: Partial<TradeFacet> = {}): TradeFacet {
  return {
    orderId: ORDER_ID,
    shop: SHOP,
    createdAt: minute(0),
    modifiedAt: minute(1),
    statusCode: 'WAIT_BUYER_PAY',
    subOrders: [],
    promotions: [],
    serviceOrders: [],
    ...overrides,
  };
}

export function tradeWrite(overrides: Partial<TradeWrite> = {}): TradeWrite {
  const { orderId = ORDER_ID, modifiedAt = minute(1), hash = 'h1', createdAt = minute(0) } = overrides;
  return {
    orderId,
    shop: SHOP,
    createdAt,
    status: 'waiting-for-payment',
    // The hash stands for the content, so the content follows from it.
    trade: tradeFacet({ orderId, createdAt, modifiedAt, title: `content ${hash}` }),
    hash,
    modifiedAt,
    observedAt: minute(2),
    owes: ['car', 'items', 'attribution', 'lead'],
    ...overrides,
  };
}

export function carFacet(overrides: Partial<CarFacet> = {}): CarFacet {
  return { orderId: ORDER_ID, shop: SHOP, payStatusCode: 2, payStatus: 'paid', subOrders: [], ...overrides };
}

export function attributionFacet(overrides: Partial<AttributionFacet> = {}): AttributionFacet {
  return { lines: 1, statusCodes: [1], statuses: ['placed'], ...overrides };
}

export function adLine(overrides: Partial<AdLine> = {}): AdLine {
  return {
    orderId: ORDER_ID,
    line: '4277659395456225433#1#c1',
    subOrderId: '4277659395456225433',
    shop: SHOP,
    prodType: 1,
    statusCode: 1,
    observedAt: minute(2),
    hash: 'h1',
    ...overrides,
  };
}

export function leadRecord(overrides: Partial<LeadRecord> = {}): LeadRecord {
  return {
    leadId: '2000000000000000001',
    source: 'pulled',
    shop: SHOP,
    orderId: ORDER_ID,
    createdAt: minute(0),
    observedAt: minute(2),
    hash: 'h1',
    phoneIndex: 'ab12',
    seriesName: '测试系',
    ...overrides,
  };
}
