import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readTradeRow } from '../../lib/pull/readTradeRow.ts';
import { crmTradesInfoCreate } from '../../lib/top/apis/crmTradesInfoCreate.ts';

const hmac = (purpose: string, text: string): string =>
  createHmac('sha256', purpose).update(text).digest('hex');

function hashOf(row: Record<string, unknown>): string {
  const { trades } = crmTradesInfoCreate.response.parse({ trades: [row] });
  const [first] = trades;
  if (first === undefined) throw new Error('no row');
  const read = readTradeRow(first, '测试店', hmac);
  if (!read.ok) throw new Error(read.why.reason);
  return read.hash;
}

const trade = {
  tid: '4277659395456225432',
  created: '2026-11-01 10:00:00',
  modified: '2026-11-01 11:00:00',
  status: 'WAIT_BUYER_PAY',
  num: 1,
  payment: '0.29',
  orders: [{ oid: '4277659395456225433', num_iid: '1' }],
};

describe('the hash of a trade', () => {
  it.each([
    ['a wrapped list', { orders: { order: trade.orders } }],
    ['an absent list as {}', { service_orders: {} }],
    ['an absent list as []', { promotion_details: [] }],
    ['a null', { pay_time: null }],
    ['a number as text', { num: '1' }],
    ['another order of members', Object.fromEntries(Object.entries(trade).reverse())],
  ])('is the same for %s', (_, spelling) => {
    expect(hashOf({ ...trade, ...spelling })).toBe(hashOf(trade));
  });

  it.each([
    ['an amount', { payment: '0.30' }],
    ['a status', { status: 'TRADE_CLOSED' }],
    ['an unknown field', { brand_new: 'x' }],
    ['a sub-order', { orders: [{ oid: '4277659395456225433', num_iid: '2' }] }],
  ])('changes with %s', (_, change) => {
    expect(hashOf({ ...trade, ...change })).not.toBe(hashOf(trade));
  });
});
