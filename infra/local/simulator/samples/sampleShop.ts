import type { NodeMap } from '../json.ts';
import { wallClock } from '../wallClock.ts';
import { firstRow, readSample, servedSample } from './sampleDocument.ts';

const TWO_DAYS_MS = 2 * 86_400_000;

/** The shop that serves the platform's own published samples: one trade with all that belongs to it, one ad line. */
export type SampleShop = {
  sellerNick: string;
  tid: bigint;
  createdAt: number;
  /** Distinct item ids over the trade's orders. */
  itemIds: readonly string[];
  leadNo: string;
  tradeRow: NodeMap;
  carOrder(orderId: bigint): NodeMap;
  leadInfo(orderId: bigint): NodeMap;
  /** Undefined for ids that none of the samples mentions. */
  item(askedId: string): NodeMap | undefined;
  adRow: NodeMap;
  /** When UniDesk lists the row; its printed times stay as published. */
  adAt: number;
};

// num_iid of the order and of the trade, item ids of the car order and the lead, the asked id of the item sample.
const knownItems = ['2342344', '3424234', '123456', '846195099548', '3232'];

/** Personal values as published; they are documentation, not people. */
export const publishedPersonalValues = {
  names: ['张三'],
  phones: ['13900001111', '15000001224'],
  identityNumbers: ['1234'],
  addresses: ['服务地址信息'],
  nicks: ['小明'],
} as const;

export function createSampleShop(anchorAt: number): SampleShop {
  const createdAt = Math.floor((anchorAt - TWO_DAYS_MS) / 1000) * 1000;
  const context = { askedId: '', createdClock: wallClock(createdAt) };
  const documents = {
    trades: servedSample('tradesInfo', readSample('tradesInfo'), context),
    ads: servedSample('adOrders', readSample('adOrders'), context),
    car: readSample('carOrder'),
    lead: readSample('leadInfo'),
    item: readSample('itemInfo'),
  };
  return {
    sellerNick: '我在测试',
    tid: 2231958349n,
    createdAt,
    itemIds: ['3424234', '2342344'],
    leadNo: '1851125030483093545',
    tradeRow: firstRow(documents.trades, 'trades'),
    carOrder: (orderId) => servedSample('carOrder', documents.car, { ...context, askedId: orderId }),
    leadInfo: (orderId) => servedSample('leadInfo', documents.lead, { ...context, askedId: orderId }),
    item: (askedId) =>
      knownItems.includes(askedId)
        ? firstRow(servedSample('itemInfo', documents.item, { ...context, askedId }), 'results')
        : undefined,
    adRow: firstRow(documents.ads, 'result'),
    adAt: createdAt,
  };
}
