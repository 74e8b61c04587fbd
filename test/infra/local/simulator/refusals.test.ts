import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Simulator, startSimulator } from '../../../../infra/local/simulator/simulator.ts';
import { wallClock } from '../../../../infra/local/simulator/wallClock.ts';
import {
  adMethod,
  type CallOptions,
  call,
  callText,
  carMethod,
  itemMethod,
  leadMethod,
  list,
  pick,
  tradesMethod,
} from './simulatorClient.ts';

let simulator: Simulator;
let seller: string;
let session: string;

beforeAll(async () => {
  simulator = await startSimulator({ trades: 50 });
  const [shop] = simulator.info.shops;
  seller = shop?.sellerNick ?? '';
  session = shop?.session ?? '';
});
afterAll(async () => {
  await simulator.close();
});

const MINUTE_MS = 60_000;
type Row = {
  what: string;
  params?: Record<string, string | undefined>;
  options?: CallOptions;
  code: number;
  sub?: string;
};
const publicRows: Row[] = [
  { what: 'no method', params: { method: undefined }, code: 21 },
  { what: 'an unknown method', params: { method: 'qimen.taobao.none' }, code: 22 },
  { what: 'no app key', params: { app_key: undefined }, code: 28 },
  { what: 'a foreign app key', params: { app_key: '1' }, code: 29 },
  { what: 'no timestamp', params: { timestamp: undefined }, code: 30 },
  { what: 'an ISO timestamp', params: { timestamp: new Date().toISOString() }, code: 31 },
  { what: 'a timestamp in UTC', params: { timestamp: wallClock(Date.now() - 480 * MINUTE_MS) }, code: 31 },
  {
    what: 'a timestamp 11 minutes old',
    params: { timestamp: wallClock(Date.now() - 11 * MINUTE_MS) },
    code: 31,
  },
  { what: 'no version', params: { v: undefined }, code: 32 },
  { what: 'another version', params: { v: '1.0' }, code: 33 },
  { what: 'an unknown format', params: { format: 'yaml' }, code: 23 },
  { what: 'no sign method', params: { sign_method: undefined }, code: 40 },
  { what: 'an unknown sign method', params: { sign_method: 'sha1' }, code: 41 },
  { what: 'no signature', options: { tamper: { sign: undefined } }, code: 24 },
  { what: 'another secret', options: { secret: 'wrong' }, code: 25 },
  { what: 'a parameter changed after signing', options: { tamper: { v: '2.0', extra: '1' } }, code: 25 },
];

describe.each([
  {
    router: 'rest',
    method: itemMethod,
    code: ['error_response', 'code'],
    message: ['error_response', 'msg'],
    id: ['error_response', 'request_id'],
  },
  {
    router: 'qm',
    method: tradesMethod,
    code: ['response', 'code'],
    message: ['response', 'message'],
    id: ['response', 'request_id'],
  },
])('on /router/$router', ({ router, method, code, message, id }) => {
  test.each(publicRows)('$what is refused in the captured shape', async (row) => {
    const reply = await callText(
      simulator,
      method,
      { item_id: '1', seller_nick: seller, ...row.params },
      row.options,
    );

    const body: unknown = JSON.parse(reply.text.startsWith('<') ? '{}' : reply.text);
    if (row.params?.['format'] === undefined) expect(reply.type).toContain('application/json');
    expect(reply.status).toBe(200);
    expect(pick(body, ...code)).toBe(row.code);
    expect(typeof pick(body, ...message)).toBe('string');
    expect(pick(body, ...id)).toMatch(/^sim/);
    if (router === 'qm') expect(pick(body, 'response', 'flag')).toBe('failure');
  });
});

const day = '2026-01-05';
const businessRows: (Row & { method: string })[] = [
  { what: 'no target app key', method: tradesMethod, params: { target_app_key: undefined }, code: 40 },
  { what: 'a foreign target app key', method: tradesMethod, params: { target_app_key: '1' }, code: 41 },
  { what: 'no seller', method: tradesMethod, params: { seller_nick: undefined }, code: 40 },
  {
    what: 'an unknown seller',
    method: tradesMethod,
    params: { seller_nick: 'nobody' },
    code: 15,
    sub: 'isv.invalid-parameter:seller_nick',
  },
  {
    what: 'an unknown type',
    method: tradesMethod,
    params: { type: 'step,car' },
    code: 15,
    sub: 'isv.invalid-parameter:type',
  },
  {
    what: 'an old window',
    method: tradesMethod,
    params: { start_created: wallClock(Date.now() - 95 * 1440 * MINUTE_MS) },
    code: 15,
    sub: 'isv.invalid-parameter:start_created',
  },
  { what: 'page 0', method: tradesMethod, params: { page_no: '0' }, code: 41 },
  { what: 'no session', method: carMethod, params: { session: undefined }, code: 26 },
  {
    what: 'an unknown session',
    method: carMethod,
    params: { session: 'x' },
    code: 27,
    sub: 'invalid-sessionkey',
  },
  { what: 'no order id', method: carMethod, params: { query: '{}' }, code: 40 },
  { what: 'no lead query', method: leadMethod, params: {}, code: 40 },
  {
    what: 'a lead query that is not JSON',
    method: leadMethod,
    params: { lead_top_query: '{order_id:1}' },
    code: 41,
  },
  {
    what: 'a window across midnight',
    method: adMethod,
    params: {
      order_top_cursor_query_dto: `{"start_time":"${day} 23:00:00.000","end_time":"2026-01-06 01:00:00.000"}`,
    },
    code: 15,
    sub: 'isv.invalid-parameter:end_time',
  },
  {
    what: 'a window without milliseconds',
    method: adMethod,
    params: { order_top_cursor_query_dto: `{"start_time":"${day} 23:00:00","end_time":"${day} 23:10:00"}` },
    code: 15,
    sub: 'isv.invalid-parameter:start_time',
  },
  {
    what: 'product 3',
    method: adMethod,
    params: {
      order_top_cursor_query_dto: `{"start_time":"${day} 23:00:00.000","end_time":"${day} 23:10:00.000","prod_type":3}`,
    },
    code: 15,
    sub: 'isv.invalid-parameter:prod_type',
  },
  {
    what: 'a made-up cursor',
    method: adMethod,
    params: {
      order_top_cursor_query_dto: `{"start_time":"${day} 23:00:00.000","end_time":"${day} 23:10:00.000","cursor_id":"c1-50"}`,
    },
    code: 50,
    sub: 'isv.invalid-parameter:cursor_id',
  },
  { what: 'no item', method: itemMethod, params: {}, code: 40 },
  {
    what: '21 items',
    method: itemMethod,
    params: { item_id: Array.from({ length: 21 }, (_, n) => n + 1).join(',') },
    code: 15,
    sub: 'isv.invalid-parameter:item_id',
  },
];

test.each(businessRows)('$what is refused by its name', async ({ method, params, code, sub }) => {
  const base = method === tradesMethod ? { seller_nick: seller } : { session };

  const reply = await call(simulator, method, { ...base, ...params });

  const body = pick(reply, 'error_response') ?? pick(reply, 'response');
  expect(pick(body, 'code')).toBe(BigInt(code));
  expect(pick(body, 'sub_code')).toBe(sub);
});

test("an order of another shop is as unknown as one that doesn't exist", async () => {
  const other = simulator.info.shops.at(-1)?.session;
  const trades = await call(simulator, tradesMethod, { seller_nick: seller, type: 'step' });
  const [first] = list(pick(trades, 'trades'));
  const query = `{"order_id":${pick(first, 'tid')}}`;

  const own = await call(simulator, carMethod, { session, query });
  const foreign = await call(simulator, carMethod, { session: other, query });

  expect(pick(own, 'tmall_aliauto_trade_car_order_get_response', 'result', 'success')).toBe(true);
  expect(pick(foreign, 'tmall_aliauto_trade_car_order_get_response', 'result')).toEqual({
    success: false,
    msg_info: '订单不存在',
    msg_code: 'ORDER_NOT_EXIST',
  });
});

test('a call without format is answered in XML', async () => {
  const refused = await callText(simulator, itemMethod, { format: undefined }, { secret: 'wrong' });
  const answered = await callText(simulator, itemMethod, { format: undefined, item_id: '3232' });

  expect(refused.text).toContain('<error_response><code>25</code>');
  expect(answered.text).toMatch(/^<tbk_item_info_upgrade_get_response><results><tbk_item_detail>/);
});
