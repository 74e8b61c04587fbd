import { afterAll, beforeAll, expect, test } from 'vitest';
import { repairs } from '../../../../infra/local/simulator/samples/repairs.ts';
import { readSample } from '../../../../infra/local/simulator/samples/sampleDocument.ts';
import { type Simulator, startSimulator } from '../../../../infra/local/simulator/simulator.ts';
import { wallClock } from '../../../../infra/local/simulator/wallClock.ts';
import {
  adMethod,
  allTypes,
  call,
  carMethod,
  control,
  itemMethod,
  leadMethod,
  list,
  pick,
  tradesMethod,
} from './simulatorClient.ts';

let simulator: Simulator;
let session: string;
let createdAt: number;

beforeAll(async () => {
  simulator = await startSimulator({ trades: 10 });
  session = simulator.info.shops.find((shop) => shop.sellerNick === '我在测试')?.session ?? '';
  createdAt = Math.floor((simulator.info.anchorAt - 2 * 86_400_000) / 1000) * 1000;
});
afterAll(async () => {
  await simulator.close();
});

test('the published trade is served as it stands, apart from its repairs', async () => {
  const published = pick(readSample('tradesInfo'), 'trades', 'trade', 0);
  const fields = Object.keys(Object(published)).join(',');

  const reply = await call(simulator, tradesMethod, { seller_nick: '我在测试', type: allTypes, fields });

  const [row] = list(pick(reply, 'trades'));
  expect(pick(reply, 'total_results')).toBe('1');
  expect(pick(reply, 'errcode')).toBeUndefined();
  expect(pick(row, 'created')).toBe(wallClock(createdAt));
  expect(pick(list(pick(row, 'service_orders'))[0], 'oid')).toBe(2231958350n);
  const scalars = Object.entries(Object(published)).filter(([, value]) => typeof value !== 'object');
  const same = scalars.filter(([name, value]) => pick(row, name) === value).map(([name]) => name);
  expect(scalars.length - same.length).toBe(2);
  expect(list(pick(row, 'orders'))).toEqual(list(pick(published, 'orders')));
});

test('its car order, lead, item and ad line are the published ones with the asked ids', async () => {
  const car = await call(simulator, carMethod, { session, query: '{"order_id":2231958349}' });
  const lead = await call(simulator, leadMethod, { session, lead_top_query: '{"order_id":2231958349}' });
  const items = await call(simulator, itemMethod, { item_id: '2342344,999' });
  const date = wallClock(createdAt).slice(0, 10);
  const query = `{"start_time":"${date} 00:00:00.000","end_time":"${date} 23:59:59.999"}`;
  const ads = await call(simulator, adMethod, { order_top_cursor_query_dto: query });

  expect(pick(car, 'tmall_aliauto_trade_car_order_get_response', 'result', 'data', 'order_id')).toBe(
    2231958349n,
  );
  expect(pick(car, 'tmall_aliauto_trade_car_order_get_response', 'result', 'msg_code')).toBe(
    'ORDER_NOT_EXIST',
  );
  expect(pick(lead, 'tmall_aliauto_lead_info_get_response', 'data', 'lead_no')).toBe('1851125030483093545');
  const details = list(pick(items, 'tbk_item_info_upgrade_get_response', 'results'));
  expect(details.map((detail) => pick(detail, 'input_item_iid'))).toEqual(['2342344']);
  const rows = list(pick(ads, 'alibaba_taobao_ud_smart_order_detail_pull_response', 'result'));
  expect(rows.find((row) => pick(row, 'seller_nick') === 'xxxxx')).toMatchObject({
    brand_id: 9n,
    order_id: 111111n,
  });
  expect(pick(await control(simulator, 'truth'), 'otherSellersAdLines')).toBe(1);
});

test('every repair names a place that exists and a reason', () => {
  for (const { document, path, reason } of repairs) {
    expect(pick(readSample(document), ...path), path.join('.')).toBeDefined();
    expect(reason).not.toBe('');
  }
});
