import { afterEach, expect, test } from 'vitest';
import {
  type Simulator,
  type SimulatorOptions,
  startSimulator,
} from '../../../../infra/local/simulator/simulator.ts';
import { allTrades, callText, carMethod, control, pick } from './simulatorClient.ts';

const DAY_MS = 86_400_000;
const anchorAt = Date.parse('2026-11-20T12:34:56.789+08:00');
const started: Simulator[] = [];
const start = async (options: SimulatorOptions) => {
  const simulator = await startSimulator(options);
  started.push(simulator);
  return simulator;
};
afterEach(async () => {
  for (const simulator of started.splice(0)) await simulator.close();
});

test('the same seed and anchor give the same truth and the same bytes', async () => {
  const texts: string[] = [];
  const truths: unknown[] = [];
  for (const seed of ['one', 'one', 'two']) {
    const simulator = await start({ seed, anchorAt, trades: 200 });
    await control(simulator, 'freeze', { at: anchorAt + DAY_MS });
    truths.push(await control(simulator, 'truth?detail=1'));
    const [shop] = simulator.info.shops;
    const id = Object.keys(Object(pick(truths.at(-1), 'detail')))[0];
    const reply = await callText(simulator, carMethod, {
      session: shop?.session,
      query: `{"order_id":${id}}`,
    });
    texts.push(reply.text);
  }

  expect(truths[0]).toEqual(truths[1]);
  expect(texts[0]).toBe(texts[1]);
  expect(truths[0]).not.toEqual(truths[2]);
});

test('the world grows after its anchor, and stands still while frozen', async () => {
  const simulator = await start({ anchorAt, trades: 300, growthPerMinute: 20 });
  const trades = async (at: number | null) => {
    await control(simulator, 'freeze', { at });
    return control(simulator, 'truth?detail=1');
  };

  const before = await trades(anchorAt);
  const again = await trades(anchorAt);
  const later = await trades(anchorAt + 10 * 60_000);
  const muchLater = await trades(anchorAt + 3 * DAY_MS);

  expect(again).toEqual(before);
  expect(Number(pick(later, 'trades')) - Number(pick(before, 'trades'))).toBeGreaterThanOrEqual(199);
  const old = Object.entries(Object(pick(before, 'detail')));
  const changed = old.filter(
    ([id, fact]) => pick(muchLater, 'detail', id, 'modified') !== pick(fact, 'modified'),
  );
  expect(changed.length).toBeGreaterThan(10);
  expect(old.length).toBe(301);
});

test('the listing shows the state of the truth', async () => {
  const simulator = await start({ anchorAt, trades: 300, shops: 2 });
  await control(simulator, 'freeze', { at: anchorAt });
  const truth = await control(simulator, 'truth?detail=1');

  for (const { sellerNick } of simulator.info.shops) {
    for (const trade of await allTrades(simulator, sellerNick, anchorAt - 90 * DAY_MS, anchorAt)) {
      const fact = pick(truth, 'detail', String(pick(trade, 'tid')));
      const { created, modified, status } = Object(trade);
      expect({ created, modified, status, shop: sellerNick }).toEqual({
        created: pick(fact, 'created'),
        modified: pick(fact, 'modified'),
        status: pick(fact, 'status'),
        shop: pick(fact, 'shop'),
      });
      expect(modified >= created).toBe(true);
    }
  }
});

test('truth is bounded by creation, half open', async () => {
  const simulator = await start({ anchorAt, trades: 100 });
  const middle = new Date(anchorAt - 45 * DAY_MS).toISOString();

  const first = await control(simulator, `truth?to=${encodeURIComponent(middle)}`);
  const second = await control(
    simulator,
    `truth?from=${encodeURIComponent(middle)}&to=${new Date(anchorAt).toISOString()}`,
  );

  expect(Number(pick(first, 'trades')) + Number(pick(second, 'trades'))).toBe(101);
});

test('personal values are unique, and invented by their form', async () => {
  const simulator = await start({ anchorAt, trades: 5000, growthPerMinute: 0 });

  const canaries = await control(simulator, 'canaries');

  const forms = {
    names: /^测试..$/u,
    phones: /^1390\d{7}$/,
    identityNumbers: /^000000\d{11}[\dX]$/,
    addresses: /测试路 \d+ 号$/,
    nicks: /^测试买家/u,
  };
  for (const [kind, form] of Object.entries(forms)) {
    const values: unknown = pick(canaries, kind);
    const texts = Array.isArray(values) ? values.map(String) : [];
    expect(texts.length).toBeGreaterThan(4000);
    expect(new Set(texts).size).toBe(texts.length);
    expect(texts.filter((text) => !form.test(text))).toEqual([]);
  }
});
