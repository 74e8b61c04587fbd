import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Simulator, startSimulator } from '../../../../infra/local/simulator/simulator.ts';
import {
  adMethod,
  allTrades,
  call,
  carMethod,
  control,
  itemMethod,
  leadMethod,
  list,
  pick,
} from './simulatorClient.ts';

const DAY_MS = 86_400_000;
let simulator: Simulator;
const anchorAt = Date.parse('2026-11-20T12:34:56.789+08:00');

beforeAll(async () => {
  simulator = await startSimulator({ anchorAt, trades: 400 });
  await control(simulator, 'freeze', { at: anchorAt });
});
afterAll(async () => {
  await simulator.close();
});

test('what the five APIs answer adds up to the truth', async () => {
  const seen = { trades: 0, carOrders: 0, leads: 0 };
  const itemIds = new Set<string>();

  for (const { sellerNick, session } of simulator.info.shops) {
    const trades = await allTrades(simulator, sellerNick, anchorAt - 90 * DAY_MS, anchorAt);
    seen.trades += trades.length;
    for (const trade of trades) {
      for (const order of [trade, ...list(pick(trade, 'orders'))])
        itemIds.add(String(pick(order, 'num_iid')));
      const orderId = `{"order_id":${pick(trade, 'tid')}}`;
      const car = await call(simulator, carMethod, { session, query: orderId, simplify: 'true' });
      const lead = await call(simulator, leadMethod, { session, lead_top_query: orderId });
      const result = pick(car, 'result') ?? pick(car, 'tmall_aliauto_trade_car_order_get_response', 'result');
      if (pick(result, 'success') === true) seen.carOrders += 1;
      else expect(pick(result, 'msg_code')).toBe('ORDER_NOT_EXIST');
      if (pick(lead, 'tmall_aliauto_lead_info_get_response', 'data') !== undefined) seen.leads += 1;
    }
  }
  const ids = [...itemIds];
  let items = 0;
  for (let start = 0; start < ids.length; start += 20) {
    const reply = await call(simulator, itemMethod, { item_id: ids.slice(start, start + 20).join(',') });
    items += list(pick(reply, 'tbk_item_info_upgrade_get_response', 'results')).length;
  }

  const truth = await control(simulator, 'truth');
  expect({ ...seen, items: ids.length }).toEqual({
    trades: pick(truth, 'trades'),
    carOrders: pick(truth, 'carOrders'),
    leads: pick(truth, 'leads'),
    items: pick(truth, 'items'),
  });
  expect(seen.trades).toBe(401);
  // The sample trade names an item of its own that the sample reply of the item API does not describe.
  expect(items).toBe(ids.length - 1);
});

test('every ad line is found by walking days and cursors of both products', async () => {
  const lines = new Set<string>();
  let others = 0;
  const last = Math.floor((anchorAt + 8 * 3_600_000) / DAY_MS);

  for (let day = last - 91; day <= last; day += 1) {
    const date = new Date(day * DAY_MS).toISOString().slice(0, 10);
    for (const prod of [1, 2]) {
      for (const row of await walkDay(date, prod)) {
        if (pick(row, 'seller_nick') === 'xxxxx') others += 1;
        else
          lines.add(
            ['sub_order_id', 'order_status', 'syn_click_id'].map((name) => pick(row, name)).join('#'),
          );
      }
    }
  }

  const truth = await control(simulator, 'truth');
  expect(lines.size).toBe(pick(truth, 'adLines'));
  expect(others).toBe(pick(truth, 'otherSellersAdLines'));
  expect(lines.size).toBeGreaterThan(100);
});

async function walkDay(date: string, prod: number): Promise<unknown[]> {
  const rows: unknown[] = [];
  let cursor = '';
  for (;;) {
    const query = `{"start_time":"${date} 00:00:00.000","end_time":"${date} 23:59:59.999","prod_type":${prod}${cursor && `,"cursor_id":"${cursor}"`}}`;
    const reply = await call(simulator, adMethod, { order_top_cursor_query_dto: query });
    const root = pick(reply, 'alibaba_taobao_ud_smart_order_detail_pull_response');
    const page = list(pick(root, 'result'));
    rows.push(...page);
    const next = pick(root, 'cursor_id');
    if (page.length === 0 || typeof next !== 'string' || next === '' || next === cursor) return rows;
    cursor = next;
  }
}
