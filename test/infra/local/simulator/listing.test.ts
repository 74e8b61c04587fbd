import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Simulator, startSimulator } from '../../../../infra/local/simulator/simulator.ts';
import { wallClock } from '../../../../infra/local/simulator/wallClock.ts';
import {
  allTrades,
  allTypes,
  call,
  callText,
  carMethod,
  control,
  list,
  pick,
  tradesMethod,
} from './simulatorClient.ts';

const DAY_MS = 86_400_000;
let simulator: Simulator;
let seller: string;
let session: string;
const anchorAt = Date.parse('2026-11-20T12:34:56.789+08:00');

beforeAll(async () => {
  simulator = await startSimulator({ anchorAt, trades: 600, shops: 1 });
  seller = simulator.info.shops[0]?.sellerNick ?? '';
  session = simulator.info.shops[0]?.session ?? '';
  await control(simulator, 'freeze', { at: anchorAt });
});
afterAll(async () => {
  await simulator.close();
});

const all = () => ({
  seller_nick: seller,
  start_created: wallClock(anchorAt - 90 * DAY_MS),
  end_created: wallClock(anchorAt),
});

test('an unset type silently misses most trades', async () => {
  const defaults = await call(simulator, tradesMethod, all());
  const everything = await call(simulator, tradesMethod, { ...all(), type: allTypes });

  expect(pick(everything, 'total_results')).toBe('600');
  expect(Number(pick(defaults, 'total_results'))).toBeLessThan(200);
  expect(Number(pick(defaults, 'total_results'))).toBeGreaterThan(0);
});

test('every page states the same total, pages are capped at 100 rows and newest comes first', async () => {
  const pages: unknown[] = [];
  for (const page of ['1', '2', '6', '7']) {
    pages.push(
      await call(simulator, tradesMethod, { ...all(), type: allTypes, page_no: page, page_size: '500' }),
    );
  }

  expect(pages.map((page) => pick(page, 'total_results'))).toEqual(['600', '600', '600', '600']);
  expect(pages.map((page) => pick(page, 'page_size'))).toEqual(['100', '100', '100', '100']);
  expect(pages.map((page) => list(pick(page, 'trades')).length)).toEqual([100, 100, 100, 0]);
  const created = list(pick(pages[0], 'trades')).map((trade) => String(pick(trade, 'created')));
  expect(created).toEqual(created.toSorted().reverse());
});

test('has_next replaces the total', async () => {
  const page = await call(simulator, tradesMethod, { ...all(), type: allTypes, use_has_next: 'true' });

  expect(pick(page, 'has_next')).toBe('true');
  expect(pick(page, 'total_results')).toBeUndefined();
});

test('without fields a row has three members', async () => {
  const page = await call(simulator, tradesMethod, { ...all(), type: allTypes });

  expect(Object.keys(Object(list(pick(page, 'trades'))[0])).sort()).toEqual(['created', 'status', 'tid']);
});

test('both ends of the window are included, to the second', async () => {
  const [newest] = await allTrades(simulator, seller, anchorAt - 90 * DAY_MS, anchorAt);
  const second = String(pick(newest, 'created'));

  const page = await call(simulator, tradesMethod, {
    ...all(),
    start_created: second,
    end_created: second,
    type: allTypes,
  });

  expect(list(pick(page, 'trades')).map((trade) => pick(trade, 'tid'))).toContain(pick(newest, 'tid'));
});

test('ids are exact: neighbours that are one double stay two orders', async () => {
  const trades = await allTrades(simulator, seller, anchorAt - 90 * DAY_MS, anchorAt);
  const ids = trades.map((trade) => String(pick(trade, 'tid')));

  expect(new Set(ids).size).toBe(600);
  expect(new Set(ids.map(Number)).size).toBeLessThan(560);
  for (const id of ids.slice(0, 30)) {
    const { text } = await callText(simulator, carMethod, { session, query: `{"order_id":${id}}` });
    if (!text.includes('ORDER_NOT_EXIST')) expect(text).toContain(`"order_id":${id},`);
  }
});

test('lists come flat and wrapped, and several trades share a second', async () => {
  const shapes = new Set<string>();
  for (let n = 0; n < 20; n += 1) {
    const { text } = await callText(simulator, tradesMethod, { ...all(), type: allTypes });
    shapes.add(
      text.includes('"trades":[') ? 'flat' : text.includes('"trades":{"trade":[') ? 'wrapped' : 'other',
    );
  }
  const trades = await allTrades(simulator, seller, anchorAt - 90 * DAY_MS, anchorAt);

  expect([...shapes].sort()).toEqual(['flat', 'wrapped']);
  expect(new Set(trades.map((trade) => pick(trade, 'created'))).size).toBeLessThan(590);
});
