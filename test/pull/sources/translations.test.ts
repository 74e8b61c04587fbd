import { describe, expect, it } from 'vitest';
import { CarferryError } from '../../../lib/core/errors.ts';
import { translateAdLine } from '../../../lib/pull/sources/adLineRecord.ts';
import { translateLead } from '../../../lib/pull/sources/leadRecord.ts';
import { translateTrade } from '../../../lib/pull/sources/tradeRecord.ts';
import { aliautoLeadInfoGet } from '../../../lib/top/apis/aliautoLeadInfoGet.ts';
import { crmTradesInfoCreate } from '../../../lib/top/apis/crmTradesInfoCreate.ts';
import { udSmartOrderDetailPull } from '../../../lib/top/apis/udSmartOrderDetailPull.ts';
import { shown } from '../../domain/shown.ts';

const OBSERVED_AT = '2026-11-22T10:00:00+08:00';

function trade(members: object) {
  const row = { tid: '1', created: '2026-11-01 10:00:00', status: 'WAIT_BUYER_PAY', ...members };
  const [read] = crmTradesInfoCreate.response.parse({ trades: [row] }).trades;
  if (read?.ok !== true) throw new Error(`unreadable: ${read?.field}`);
  return translateTrade(read.value, '测试店');
}

function adLine(members: object, prodType = 1) {
  const row = { order_id: 1, sub_order_id: 2, seller_nick: '测试店', order_status: 2, ...members };
  const [read] = udSmartOrderDetailPull.response.parse({ result: [row] }).result;
  if (read?.ok !== true) throw new Error(`unreadable: ${read?.field}`);
  return translateAdLine(read.value, { prodType, observedAt: OBSERVED_AT });
}

function lead(members: object) {
  const data = { lead_no: '9', gmt_create: '2026-11-01 10:00:00', ...members };
  const reply = aliautoLeadInfoGet.response.parse({ data });
  if (reply.data === undefined) throw new Error('no data');
  return translateLead(reply.data, { shop: '测试店', orderId: '1', observedAt: OBSERVED_AT });
}

const parked = (field: string) => expect.objectContaining({ disposition: 'park', field });

describe('translateTrade', () => {
  it('keeps an id beyond 2^53 with all its digits', () => {
    expect(trade({ tid: '4277659395456225432' }).orderId).toBe('4277659395456225432');
  });

  it.each([
    [{ modified: '2026-11-03 00:00:00', async_modified: '2026-11-02 00:00:00' }, '2026-11-03T00:00:00+08:00'],
    [{ async_modified: '2026-11-02 00:00:00' }, '2026-11-02T00:00:00+08:00'],
    [{ modified: '' }, '2026-11-01T10:00:00+08:00'],
  ])('takes its version time from %j', (members, modifiedAt) => {
    expect(trade(members).modifiedAt).toBe(modifiedAt);
  });

  it.each([
    [{ tid: null }, 'tid'],
    [{ created: '' }, 'created'],
    [{ created: '2026-02-30 00:00:00' }, 'created'],
    [{ modified: '2026-13-01 00:00:00' }, 'modified'],
    [{ status: '' }, 'status'],
    [{ payment: '1.005' }, 'payment'],
    [{ orders: [{ oid: 1, divide_order_fee: '0.001' }] }, 'orders.divide_order_fee'],
  ])('parks %j and names %s', (members, field) => {
    expect(() => trade(members)).toThrow(CarferryError);
    expect(() => trade(members)).toThrow(parked(field));
  });

  it('keeps another unreadable time as received', () => {
    const facet = trade({ pay_time: '0000-00-00 00:00:00' });

    expect(facet.payAt).toBeUndefined();
    expect(facet.unread).toEqual({ pay_time: '0000-00-00 00:00:00' });
  });

  it('keeps unknown codes without a word', () => {
    const facet = trade({ status: 'A_NEW_STATUS', type: 'new_type', trade_from: 'XYZ', seller_flag: 9 });

    expect(facet).toMatchObject({ statusCode: 'A_NEW_STATUS', typeCode: 'new_type', tradeFromCode: 'XYZ' });
    for (const word of ['status', 'type', 'tradeFrom', 'sellerFlag']) expect(facet).not.toHaveProperty(word);
  });

  it('takes an empty discount (free shipping, timed discount) for none', () => {
    expect(trade({ promotion_details: [{ id: 1, discount_fee: '' }] }).promotions).toEqual([
      { targetId: '1' },
    ]);
  });

  it('turns a personal-looking unknown member into Clear, in sub-orders too', () => {
    const facet = trade({ receiver_mobile: '13900000001', orders: [{ oid: 1, buyer_name: '测试甲' }] });

    expect(shown(facet.extra)).toEqual({ receiver_mobile: { kind: 'phone', clear: '13900000001' } });
    expect(shown(facet.subOrders[0]?.extra)).toEqual({ buyer_name: { kind: 'name', clear: '测试甲' } });
    expect(JSON.stringify(facet)).not.toMatch(/13900000001|测试甲/);
  });
});

describe('translateAdLine', () => {
  const times = { order_pay_time: '2026-11-01 11:00:00', order_refund_time: '2026-11-02 11:00:00' };
  it.each([
    [1, false, false],
    [2, true, false],
    [3, true, true],
    [4, true, false],
    [5, true, true],
    [7, true, true],
  ])('at status %d stores payment time: %s, refund time: %s', (order_status, hasPay, hasRefund) => {
    const record = adLine({ order_status, ...times });

    expect('payAt' in record).toBe(hasPay);
    expect('refundAt' in record).toBe(hasRefund);
  });

  it.each([
    ['1000', 1000, '1000'],
    [1000, 1000, '1000'],
    ['10.00', undefined, '10.00'],
    ['', undefined, undefined],
  ])('takes actual_pay_fee %j for fen and keeps it raw', (actual_pay_fee, actualPayFen, actualPayRaw) => {
    const record = adLine({ actual_pay_fee });

    expect(record.actualPayFen).toBe(actualPayFen);
    expect(record.actualPayRaw).toBe(actualPayRaw);
  });

  it.each([
    [{ order_status: 2 }, false],
    [{ order_status: 2, is_attr_by_others: '' }, false],
    [{ order_status: 2, is_attr_by_others: 1 }, true],
    [{ order_status: 1 }, undefined],
  ])('reads "attributed by others" from %j as %s', (members, expected) => {
    expect(adLine(members).isAttributedByOthers).toBe(expected);
  });

  it('tells clicks, statuses, sub-orders and products apart in its key', () => {
    const keys = [
      adLine({ syn_click_id: 'a' }),
      adLine({ syn_click_id: 'b' }),
      adLine({ asyn_click_id: 'c' }),
      adLine({ monitor_unique_id: 'd' }),
      adLine({ channel_id: 1, click_time: '2026-11-01 09:00:00' }),
      adLine({ channel_id: 104, click_time: '2026-11-01 09:00:00' }),
      adLine({ syn_click_id: 'a' }, 2),
      adLine({ syn_click_id: 'a', order_status: 3 }),
      adLine({ syn_click_id: 'a', sub_order_id: 3 }),
    ].map((record) => record.line);

    expect(new Set(keys).size).toBe(keys.length);
    expect(keys[0]).toBe('2#2#1.a');
  });

  it.each([
    [{ order_id: null }, 'order_id'],
    [{ seller_nick: '' }, 'seller_nick'],
    [{ order_status: '' }, 'order_status'],
  ])('parks %j and names %s', (members, field) => {
    expect(() => adLine(members)).toThrow(parked(field));
  });
});

describe('translateLead', () => {
  it.each([
    ['""', undefined],
    ['', undefined],
    [' "" ', undefined],
    ['A', 'A'],
  ])('reads the rating %j as %j', (rating, expected) => {
    expect(lead({ rating }).rating).toBe(expected);
  });

  it.each([
    [1_742_880_859_000, '2025-03-25T13:34:19+08:00'],
    ['1742880859000', '2025-03-25T13:34:19+08:00'],
    ['2025-03-25 13:34:19', '2025-03-25T13:34:19+08:00'],
  ])('reads the creation %j', (gmt_create, createdAt) => {
    expect(lead({ gmt_create }).createdAt).toBe(createdAt);
  });

  it('keeps the amount raw, as its unit is unknown', () => {
    expect(lead({ order_amount: 19_900 }).orderAmountRaw).toBe('19900');
  });

  it('mentions the order id of the reply only when it differs', () => {
    expect(lead({ order_id: 1 })).not.toHaveProperty('upstreamOrderId');
    expect(lead({ order_id: '4277659395456225300' }).upstreamOrderId).toBe('4277659395456225300');
  });

  it.each([
    [{ lead_no: '' }, 'data.lead_no'],
    [{ gmt_create: null }, 'data.gmt_create'],
  ])('parks %j and names %s', (members, field) => {
    expect(() => lead(members)).toThrow(parked(field));
  });
});
