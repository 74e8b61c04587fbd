import { describe, expect, it } from 'vitest';
import { aliautoLeadInfoGet } from '../../../lib/top/apis/aliautoLeadInfoGet.ts';
import { aliautoTradeCarOrderGet } from '../../../lib/top/apis/aliautoTradeCarOrderGet.ts';
import { crmTradesInfoCreate } from '../../../lib/top/apis/crmTradesInfoCreate.ts';
import { tbkItemInfoUpgradeGet } from '../../../lib/top/apis/tbkItemInfoUpgradeGet.ts';
import { udSmartOrderDetailPull } from '../../../lib/top/apis/udSmartOrderDetailPull.ts';
import { ExactNumber, stringifyLossless } from '../../../lib/top/losslessJson.ts';
import { translateReply } from './translateReply.ts';

const ok = { ok: true };
const failure = (code: string, message = '') => ({ ok: false, code, message });

describe('the outcome of a lead reply', () => {
  it.each([
    [{ data: { lead_no: '1' }, result_success: true, msg_code: '200' }, ok],
    [{ result_success: true, msg_code: '200' }, ok],
    [{ data: {}, result_success: 'true' }, ok],
    [{ data: { lead_no: '1' } }, ok],
    [
      { result_success: false, msg_code: 'LEAD_NOT_EXIST', msg_info: '线索不存在' },
      failure('LEAD_NOT_EXIST', '线索不存在'),
    ],
    [{ data: { lead_no: '1' }, result_success: 'false' }, failure('no-result-success')],
    [{ msg_code: '200' }, failure('200')],
    [{ data: {} }, failure('no-result-success')],
  ])('of %j is %j', (reply, expected) => {
    expect(aliautoLeadInfoGet.outcome(aliautoLeadInfoGet.response.parse(reply))).toEqual(expected);
  });

  it('says "no lead" by an empty data object as by none', () => {
    const { data } = aliautoLeadInfoGet.response.parse({ data: {}, result_success: true });

    expect(data).toBeUndefined();
  });
});

describe('the outcome of a whole-car order reply', () => {
  const notFound = failure('ORDER_NOT_EXIST', '订单不存在');
  it.each([
    // The published sample: a success with the filler of a failure.
    [{ data: { order_id: 1 }, success: true, msg_code: 'ORDER_NOT_EXIST' }, ok],
    [{ data: { order_id: 1 } }, ok],
    [{ success: false, msg_code: 'ORDER_NOT_EXIST', msg_info: '订单不存在' }, notFound],
    [{ data: {}, success: true, msg_code: 'ORDER_NOT_EXIST', msg_info: '订单不存在' }, notFound],
    [{ data: { order_id: 1 }, success: 'false', msg_code: 'X' }, failure('X')],
    [{ success: true }, failure('no-data')],
  ])('of %j is %j', (result, expected) => {
    expect(aliautoTradeCarOrderGet.outcome(aliautoTradeCarOrderGet.response.parse({ result }))).toEqual(
      expected,
    );
  });
});

describe('the outcome of a trade listing', () => {
  it.each([
    [{ success: '0', trades: [] }, ok],
    [{ success: 'true', trades: [], errcode: '' }, ok],
    [{ trades: [], errcode: '0' }, ok],
    [{ total_results: '0' }, ok],
    [{ success: '0', errcode: '1', errmsg: '参数不对' }, failure('1', '参数不对')],
    [{ success: 'false', errmsg: '参数不对' }, failure('success-false', '参数不对')],
    [{ success: false }, failure('success-false')],
    [{ success: 'true', errcode: 15 }, failure('15')],
  ])('of %j is %j', (reply, expected) => {
    expect(crmTradesInfoCreate.outcome(crmTradesInfoCreate.response.parse(reply))).toEqual(expected);
  });
});

describe('the outcome of an ad order listing', () => {
  it.each([
    [{ result: [], cursor_id: 'a' }, ok],
    [{ result: [], success: true, error_code: '' }, ok],
    [{ result: [], error_code: '0' }, ok],
    [{ success: false, error_code: 'E1', error_msg: 'no' }, failure('E1', 'no')],
    [{ success: 'false' }, failure('success-false')],
    [{ error_code: 'E1' }, failure('E1')],
  ])('of %j is %j', (reply, expected) => {
    expect(udSmartOrderDetailPull.outcome(udSmartOrderDetailPull.response.parse(reply))).toEqual(expected);
  });
});

describe('requests', () => {
  it('write a 64-bit order id as an unquoted number with all its digits', () => {
    const request = aliautoTradeCarOrderGet.request.parse({ query: { order_id: '4277659395456225432' } });

    expect(request.query.order_id).toBeInstanceOf(ExactNumber);
    expect(stringifyLossless(request.query)).toBe('{"order_id":4277659395456225432}');
  });

  it.each([
    ['an id with letters', { query: { order_id: '12a' } }],
    ['an empty buyer nick', { query: { order_id: '12', buyer_nick: '' } }],
    ['an undocumented member', { query: { order_id: '12', other: '1' } }],
    ['no id', { query: {} }],
  ])('refuse %s', (_what, request) => {
    expect(aliautoTradeCarOrderGet.request.safeParse(request).success).toBe(false);
  });

  it('refuse an ad order window without milliseconds', () => {
    const query = { start_time: '2024-09-01 00:00:00', end_time: '2024-09-01 00:00:05.200' };

    expect(udSmartOrderDetailPull.request.safeParse({ order_top_cursor_query_dto: query }).success).toBe(
      false,
    );
  });
});

describe('the item details', () => {
  it('give every code of their error table a meaning', () => {
    const documented = '1001 10000 4 30002 2 50001 40001 30001 5 50002 1201 719 1911'.split(' ');
    const named = ['isp.entry-sys-error', 'isp.pid-check-error', 'isp.sys-error'];

    expect(Object.keys(tbkItemInfoUpgradeGet.errors ?? {}).sort()).toEqual([...documented, ...named].sort());
  });
});

describe('personal fields', () => {
  it.each(['$XjPg1YvV$OcCtwp1yJ7Nw$1$', '139****0001', '13900000001-1234'])('take the phone %s', (phone) => {
    const body = { data: { lead_no: '1', gmt_create: 1742880859000, lead_num: phone }, result_success: true };

    expect(() => translateReply['tmall.aliauto.lead.info.get']?.(body)).not.toThrow();
  });
});
