import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Simulator, startSimulator } from '../../../../infra/local/simulator/simulator.ts';
import { adMethod, call, control, list, pick } from './simulatorClient.ts';

const DAY_MS = 86_400_000;
let simulator: Simulator;
const anchorAt = Date.parse('2026-11-20T12:34:56.789+08:00');

beforeAll(async () => {
  simulator = await startSimulator({ anchorAt, trades: 20_000, shops: 1 });
  await control(simulator, 'freeze', { at: anchorAt });
});
afterAll(async () => {
  await simulator.close();
});

const dayOf = (back: number) => new Date(anchorAt + 8 * 3_600_000 - back * DAY_MS).toISOString().slice(0, 10);

async function page(from: string, to: string, prod: number, cursor?: string) {
  const query = { start_time: from, end_time: to, prod_type: prod, ...(cursor ? { cursor_id: cursor } : {}) };
  const reply = await call(simulator, adMethod, { order_top_cursor_query_dto: JSON.stringify(query) });
  const root = pick(reply, 'alibaba_taobao_ud_smart_order_detail_pull_response');
  return {
    rows: list(pick(root, 'result')),
    cursor: pick(root, 'cursor_id'),
    error: pick(reply, 'error_response'),
  };
}

test('a window is read in pages of 50, each line once, and ends in one of four ways', async () => {
  const endings = new Set<string>();
  for (let back = 10; back < 22; back += 1) {
    const [from, to] = [`${dayOf(back)} 00:00:00.000`, `${dayOf(back)} 23:59:59.999`];
    const keys: string[] = [];
    let cursor: string | undefined;
    let full = 0;
    for (let ending = ''; ending === ''; ) {
      const { rows, cursor: next } = await page(from, to, 1, cursor);
      keys.push(
        ...rows.map((row) =>
          ['sub_order_id', 'order_status', 'syn_click_id'].map((name) => pick(row, name)).join(),
        ),
      );
      if (rows.length === 50) full += 1;
      if (next === '') ending = 'blank';
      else if (rows.length === 0) ending = next === cursor && cursor !== undefined ? 'repeated' : 'empty';
      else if (typeof next !== 'string') ending = 'missing';
      else cursor = next;
      if (ending !== '') endings.add(ending);
    }
    expect(full).toBeGreaterThan(0);
    expect(new Set(keys).size).toBe(keys.length);
  }

  expect([...endings].sort()).toEqual(['blank', 'empty', 'missing', 'repeated']);
});

test('both ends of a window are included: halves that meet in a millisecond share its lines', async () => {
  const at = (ms: number) => `${dayOf(5)} ${new Date(ms).toISOString().slice(11, 23)}`;
  const count = async (from: number, to: number) => (await page(at(from), at(to), 2)).rows.length;
  let [from, to] = [3_600_000, 4 * 3_600_000];
  // Narrow down to the millisecond of the last line.
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    if ((await count(middle + 1, to)) > 0) from = middle + 1;
    else to = middle;
  }

  const lines = await count(from, from);

  expect(lines).toBeGreaterThan(0);
  expect(await count(from - 1, from)).toBeGreaterThanOrEqual(lines);
  expect(await count(from, from + 1)).toBe(lines);
});

test('a cursor belongs to its window', async () => {
  const [from, to] = [`${dayOf(10)} 00:00:00.000`, `${dayOf(10)} 23:59:59.999`];
  const first = await page(from, to, 1);

  const other = await page(from, to, 2, String(first.cursor));

  expect(pick(other.error, 'sub_code')).toBe('isv.invalid-parameter:cursor_id');
});

test('product 1 is meant when none is named, and times without meaning stay blank', async () => {
  const day = dayOf(10);
  const query = JSON.stringify({ start_time: `${day} 00:00:00.000`, end_time: `${day} 23:59:59.999` });

  const reply = await call(simulator, adMethod, { order_top_cursor_query_dto: query });

  const rows = list(pick(reply, 'alibaba_taobao_ud_smart_order_detail_pull_response', 'result'));
  const named = await page(`${day} 00:00:00.000`, `${day} 23:59:59.999`, 1);
  expect(rows).toEqual(named.rows);
  const placed = rows.filter((row) => pick(row, 'order_status') === 1n);
  expect(placed.length).toBeGreaterThan(0);
  for (const row of placed) {
    expect(pick(row, 'order_pay_time') ?? '').toBe('');
    expect(pick(row, 'order_refund_time') ?? '').toBe('');
  }
});
