import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CarferryError } from '../../lib/core/errors.ts';
import { toIso } from '../../lib/domain/chinaTime.ts';
import { startTestEngines, type TestEngines } from '../support/engines.ts';
import {
  adLine,
  type Bench,
  createBench,
  limits,
  NOW,
  ORDER_ID,
  OTHER_SHOP,
  SHOP,
  trade,
  tradeMessage,
} from './bench.ts';
import { answerAll, CAR, carReply, ITEMS, itemsReply, topFailure } from './fakeTop.ts';

const ITEM_ID = '846195099548';

describe('the flow of an order', () => {
  let engines: TestEngines;
  let bench: Bench;
  beforeAll(async () => {
    engines = await startTestEngines();
  });
  afterAll(() => engines.close());
  beforeEach(async () => {
    bench = await createBench(engines);
    answerAll(bench.fake.answers);
  });

  const deliver = (message = tradeMessage()) => bench.enricher.onTrade(message, limits());

  /** The trade write of a consumer that was killed right after it. */
  const killedAfterTradeWrite = async () => {
    const { orderId, shop, hash, observedAt } = tradeMessage();
    const owes = ['car', 'items', 'attribution', 'lead'] as const;
    const facet = trade();
    const { createdAt, modifiedAt } = facet;
    await bench.orders.writeTrade({
      orderId,
      shop,
      createdAt,
      trade: facet,
      hash,
      modifiedAt,
      observedAt,
      owes: [...owes],
    });
  };

  it('writes trade, car, items and attribution, orders the lead check, and owes nothing', async () => {
    await bench.adOrders.writeLine(adLine());

    await deliver();

    const order = await bench.orders.read(ORDER_ID);
    expect(order).toMatchObject({
      owes: [],
      trade: { statusCode: 'WAIT_SELLER_SEND_GOODS' },
      car: { actualPaidFen: 20000, payStatus: 'paid' },
      items: { [ITEM_ID]: { itemId: ITEM_ID, title: `item ${ITEM_ID}` } },
      attribution: { lines: 1, channelId: '12' },
    });
    expect(order?.gaps).toEqual({});
    expect(order?.phoneIndex).toBe(order?.car?.buyerPhoneSealed?.index);
    expect(order?.phoneIndex).toMatch(/^[0-9a-f]+$/);
    const leadCheck = (await bench.allDues()).find((due) => due.reason === 'leadCheck');
    expect(leadCheck).toMatchObject({ orderId: ORDER_ID, dueAt: toIso(NOW), attempts: 0 });
  });

  it('never stores the buyer in clear', async () => {
    await deliver();

    const stored = JSON.stringify(await bench.orders.read(ORDER_ID));
    expect(stored).not.toContain('13900000001');
    expect(stored).not.toContain('测试甲');
    expect(stored).toContain('139****0001');
  });

  it('enriches an order whose consumer was killed between the trade write and the car call', async () => {
    await killedAfterTradeWrite();

    await deliver();

    const order = await bench.orders.read(ORDER_ID);
    expect(order).toMatchObject({ owes: [], car: { actualPaidFen: 20000 } });
  });

  it('enriches it as well when the redelivered trade was meanwhile read again', async () => {
    await killedAfterTradeWrite();

    await deliver({ ...tradeMessage(), observedAt: toIso(NOW + 60_000) });

    expect(await bench.orders.read(ORDER_ID)).toMatchObject({ owes: [], car: { actualPaidFen: 20000 } });
  });

  it('calls nothing and changes nothing for a trade that is known and owes nothing', async () => {
    await deliver();
    const before = await bench.orders.read(ORDER_ID);
    const callsBefore = bench.fake.calls.length;

    await deliver();

    expect(bench.fake.calls).toHaveLength(callsBefore);
    expect(await bench.orders.read(ORDER_ID)).toEqual(before);
  });

  it('asks for the car again when another consumer wrote it during the call', async () => {
    let calls = 0;
    bench.fake.answers[CAR] = async ({ ids }) => {
      calls += 1;
      if (calls === 1) {
        const { shop } = trade();
        const value = { orderId: ORDER_ID, shop, actualPaidFen: 1, subOrders: [] };
        const facets = { car: { value, rev: 0 } };
        await bench.orders.writeFacets({ orderId: ORDER_ID, shop, firstSeenAt: toIso(NOW), facets });
      }
      return carReply(ids[0] ?? '', 100 * calls);
    };

    await deliver();

    expect(calls).toBe(2);
    expect(await bench.orders.read(ORDER_ID)).toMatchObject({ owes: [], car: { actualPaidFen: 200 } });
  });

  it('keeps the car it has fetched when only another facet lost its race', async () => {
    await bench.adOrders.writeLine(adLine());
    bench.fake.answers[CAR] = async ({ ids }) => {
      await bench.storeAdLine(adLine({ line: '4277659395456225433#1#click-1', statusCode: 1 }), limits());
      return carReply(ids[0] ?? '');
    };

    await deliver();

    expect(bench.fake.callsOf(CAR)).toHaveLength(1);
    expect(await bench.orders.read(ORDER_ID)).toMatchObject({ owes: [], attribution: { lines: 2 } });
  });

  it('repeats every step when the trade changed during the car call', async () => {
    let calls = 0;
    bench.fake.answers[CAR] = async ({ ids }) => {
      calls += 1;
      const newer = tradeMessage(
        { modifiedAt: '2026-11-20T11:00:00+08:00', statusCode: 'TRADE_CLOSED' },
        'hash-2',
      );
      const { createdAt, modifiedAt } = newer.trade;
      if (calls === 1) {
        await bench.orders.writeTrade({ ...newer, createdAt, modifiedAt, owes: ['car', 'items'] });
      }
      return carReply(ids[0] ?? '', 100 * calls);
    };

    await deliver();

    expect(await bench.orders.read(ORDER_ID)).toMatchObject({
      owes: [],
      hash: 'hash-2',
      car: { actualPaidFen: 200 },
    });
  });

  it('takes a not-found code for "not a car order", and looks again an hour later', async () => {
    bench.fake.answers[CAR] = () => {
      throw topFailure({ details: { code: 'ORDER_NOT_EXIST', method: CAR } });
    };

    await deliver();

    expect(await bench.orders.read(ORDER_ID)).toMatchObject({ owes: [], car: null });
    const check = (await bench.allDues()).find((due) => due.reason === 'carCheck');
    expect(check).toMatchObject({ dueAt: toIso(NOW + 3_600_000), steps: ['car'] });
  });

  it.each([
    ['another business code', () => topFailure({ details: { code: 'SYSTEM_BUSY', method: CAR } })],
    ['a success without data', () => ({ result: { success: true } })],
    ['the reply of another order', () => carReply('4277659395456225433')],
  ])(
    'takes %s for an error: others are written, the car stays owed, the record comes back',
    async (_name, answer) => {
      bench.fake.answers[CAR] = () => {
        const given = answer();
        if (given instanceof CarferryError) throw given;
        return given;
      };

      const delivered = deliver();

      await expect(delivered).rejects.toMatchObject({ disposition: 'retry' });
      const order = await bench.orders.read(ORDER_ID);
      expect(order).toMatchObject({ owes: ['car'], items: { [ITEM_ID]: { itemId: ITEM_ID } } });
      expect(order).not.toHaveProperty('car');
      expect(await bench.allParked()).toEqual([]);
    },
  );

  it('accepts the asked order id with its last digits lost to a float, as the published samples show it', async () => {
    bench.fake.answers[CAR] = () => carReply('4277659395456225300');

    await deliver();

    expect(await bench.orders.read(ORDER_ID)).toMatchObject({ owes: [], car: { orderId: ORDER_ID } });
  });

  it('parks a broken car reply with method, field and what was expected; the rest goes on', async () => {
    bench.fake.answers[CAR] = () => {
      throw topFailure({
        disposition: 'park',
        reason: 'unexpected-shape',
        field: 'result.data.pay_status',
        hint: 'Invalid input: expected number',
        details: { method: CAR },
      });
    };

    await deliver();

    expect(await bench.orders.read(ORDER_ID)).toMatchObject({
      owes: ['car'],
      gaps: { car: 'unexpected-shape' },
      items: { [ITEM_ID]: { itemId: ITEM_ID } },
    });
    expect(await bench.allParked()).toMatchObject([
      {
        quarantineId: `${CAR}#${ORDER_ID}`,
        source: CAR,
        orderId: ORDER_ID,
        shop: SHOP.sellerNick,
        reason: 'unexpected-shape',
        field: 'result.data.pay_status',
        expected: 'Invalid input: expected number',
        hint: expect.any(String),
      },
    ]);
  });

  it('takes a parked car out of quarantine once it can be read', async () => {
    bench.fake.answers[CAR] = () => {
      throw topFailure({ disposition: 'park', reason: 'unexpected-shape', details: { method: CAR } });
    };
    await deliver();
    answerAll(bench.fake.answers);

    await deliver();

    expect(await bench.allParked()).toEqual([]);
    const order = await bench.orders.read(ORDER_ID);
    expect(order).toMatchObject({ owes: [], car: { payStatus: 'paid' } });
    expect(order?.gaps).toEqual({});
  });

  it('leaves a ban longer than a minute to dues, and names the gap', async () => {
    const until = NOW + 3 * 3_600_000;
    bench.fake.answers[ITEMS] = () => {
      throw topFailure({ disposition: 'defer', reason: 'throttled', until, details: { method: ITEMS } });
    };

    await deliver();

    const order = await bench.orders.read(ORDER_ID);
    expect(order).toMatchObject({
      owes: ['items'],
      gaps: { items: 'throttled' },
      car: { payStatus: 'paid' },
    });
    const owed = (await bench.allDues()).find((due) => due.reason === 'owed');
    expect(owed).toMatchObject({ orderId: ORDER_ID, dueAt: toIso(until), steps: ['items'] });
  });

  it('leaves a short ban to the queue', async () => {
    bench.fake.answers[ITEMS] = () => {
      throw topFailure({ disposition: 'defer', reason: 'throttled', until: NOW + 30_000 });
    };

    const delivered = deliver();

    await expect(delivered).rejects.toMatchObject({ disposition: 'defer', until: NOW + 30_000 });
    const order = await bench.orders.read(ORDER_ID);
    expect(order).toMatchObject({ owes: ['items'] });
    expect(order?.gaps).toEqual({});
  });

  it('stops a halted shop alone: its cars wait in dues after one refused call, neighbours go on', async () => {
    bench.fake.answers[CAR] = ({ session, ids }) => {
      if (session === SHOP.session) {
        throw topFailure({ disposition: 'halt', reason: 'invalid-session', scope: 'session' });
      }
      return carReply(ids[0] ?? '');
    };

    await deliver();
    await deliver(tradeMessage({ orderId: '4277659395456225500' }));
    await deliver(tradeMessage({ orderId: '4277659395456225600', shop: OTHER_SHOP.sellerNick }));

    expect(bench.fake.callsOf(CAR).map((call) => call.session)).toEqual([SHOP.session, OTHER_SHOP.session]);
    for (const orderId of [ORDER_ID, '4277659395456225500']) {
      const order = await bench.orders.read(orderId);
      expect(order).toMatchObject({ owes: ['car'], gaps: { car: 'invalid-session' } });
    }
    const neighbour = await bench.orders.read('4277659395456225600');
    expect(neighbour).toMatchObject({ owes: [], car: { payStatus: 'paid' } });
    const owed = (await bench.allDues()).filter((due) => due.reason === 'owed');
    expect(owed.map((due) => due.dueAt)).toEqual([toIso(NOW + 600_000), toIso(NOW + 600_000)]);
  });

  it('does what a due names and what is owed, and removes the gap', async () => {
    bench.fake.answers[CAR] = () => {
      throw topFailure({ disposition: 'halt', reason: 'invalid-session', scope: 'app' });
    };
    await deliver();
    answerAll(bench.fake.answers);
    const due = { v: 1, kind: 'due', shop: SHOP.sellerNick, orderId: ORDER_ID, reason: 'owed' } as const;

    await bench.enricher.onDue({ ...due, steps: ['car'] }, limits());

    const order = await bench.orders.read(ORDER_ID);
    expect(order).toMatchObject({ owes: [], car: { payStatus: 'paid' } });
    expect(order?.gaps).toEqual({});
  });

  it('refreshes car and attribution of an open order when its day has passed, and puts the next day', async () => {
    await deliver();
    bench.time.now = NOW + 86_400_000;
    bench.fake.answers[CAR] = ({ ids }) => carReply(ids[0] ?? '', 99900);
    const steps = ['car', 'attribution'] as const;
    const due = { v: 1, kind: 'due', shop: SHOP.sellerNick, orderId: ORDER_ID, reason: 'openOrder' } as const;

    await bench.enricher.onDue({ ...due, steps: [...steps] }, limits());

    expect(await bench.orders.read(ORDER_ID)).toMatchObject({ car: { actualPaidFen: 99900 }, carRev: 2 });
    const open = (await bench.allDues()).find((put) => put.reason === 'openOrder');
    expect(open).toMatchObject({ dueAt: toIso(NOW + 2 * 86_400_000), steps });
  });

  it('leaves a due of an unknown order alone', async () => {
    const due = { v: 1, kind: 'due', shop: SHOP.sellerNick, orderId: ORDER_ID, reason: 'owed' } as const;

    await bench.enricher.onDue({ ...due, steps: ['car'] }, limits());

    expect(await bench.orders.read(ORDER_ID)).toBeUndefined();
    expect(bench.fake.calls).toEqual([]);
  });

  it('owes neither car nor lead for an order without one of the shop’s car categories', async () => {
    bench = await createBench(engines, [{ ...SHOP, carCids: ['50001'] }]);
    bench.fake.answers[ITEMS] = ({ ids }) => itemsReply(ids);

    await deliver(tradeMessage({ subOrders: [{ itemId: ITEM_ID, categoryId: '60002' }] }));

    expect(await bench.orders.read(ORDER_ID)).toMatchObject({ owes: [], items: { [ITEM_ID]: {} } });
    expect(await bench.allDues()).toEqual([]);
  });

  it('writes nothing after its signal was aborted, and is whole after redelivery', async () => {
    const controller = new AbortController();
    bench.fake.answers[CAR] = ({ ids }) => {
      controller.abort(topFailure({ reason: 'deadline' }));
      return carReply(ids[0] ?? '');
    };

    const delivered = bench.enricher.onTrade(tradeMessage(), limits(controller.signal));

    await expect(delivered).rejects.toMatchObject({ reason: 'deadline' });
    expect(await bench.orders.read(ORDER_ID)).not.toHaveProperty('car');
    await deliver();
    expect(await bench.orders.read(ORDER_ID)).toMatchObject({ owes: [], car: { payStatus: 'paid' } });
  });
});
