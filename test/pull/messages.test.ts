import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CarferryError } from '../../lib/core/errors.ts';
import { toIso } from '../../lib/domain/chinaTime.ts';
import type { OrderRecord } from '../../lib/domain/order.ts';
import { pullMessages } from '../../lib/pull/messages.ts';
import { readMessage } from '../../lib/pull/messageTopics.ts';
import { createBench, MINUTE, NOON } from './bench.ts';
import type { AskedCall } from './fakeTop.ts';
import { listTrades, type ModelTrade } from './worldModel.ts';

const CREATED = NOON - 60 * MINUTE;
const ORDER = '4277659395456225432';
const OTHER = '4277659395456225433';

type Message = { id: string; topic: string; content: string; user_nick: string; pub_time: string };

let count = 0;
function message(
  orderId: string,
  topic = 'taobao_trade_TradeBuyerPay',
  change: Partial<Message> = {},
): Message {
  count += 1;
  const member = topic.startsWith('tmall') ? 'order_id' : 'tid';
  return {
    id: String(1_172_200_053_212_681_005n + BigInt(count)),
    topic,
    content: `{"${member}":${orderId},"status":1}`,
    user_nick: 'shop',
    pub_time: '2026-11-20 12:00:00',
    ...change,
  };
}

function order(orderId: string, change: Partial<OrderRecord> = {}): OrderRecord {
  return {
    orderId,
    shop: 'shop',
    createdAt: toIso(CREATED),
    firstSeenAt: toIso(CREATED),
    rev: 1,
    owes: ['car', 'lead'],
    gaps: {},
    ...change,
  };
}

const trade = (id: string): ModelTrade => ({
  id,
  createdAt: CREATED,
  modifiedAt: NOON,
  status: 'TRADE_FINISHED',
});

/** The platform's queue of messages: unconfirmed ones come again; and the trades it lists. */
function world(
  waiting: Message[],
  options: {
    readonly orders?: OrderRecord[];
    readonly trades?: ModelTrade[];
    readonly answer?: (call: AskedCall) => unknown;
  } = {},
) {
  const { orders = [order(ORDER)], trades = [] } = options;
  const confirmed: string[] = [];
  const bench = createBench({
    answer: (call) => {
      const own = options.answer?.(call);
      if (own !== undefined) return own;
      if (call.method === 'taobao.tmc.messages.confirm') {
        const ids = String(Object(call.params).s_message_ids).split(',');
        confirmed.push(...ids);
        for (const id of ids) waiting.splice(0, Infinity, ...waiting.filter((one) => one.id !== id));
        return { is_success: true };
      }
      if (call.method === 'taobao.tmc.messages.consume') {
        const quantity = Number(Object(call.params).quantity);
        return { messages: { tmc_message: waiting.slice(0, quantity) } };
      }
      return listTrades(call.params, trades, NOON);
    },
  });
  const deps = {
    ...bench.deps,
    orders: {
      ...bench.deps.orders,
      read: async (id: string) => orders.find(({ orderId }) => orderId === id),
    },
    isOn: true,
    pollMs: 0,
  };
  return { bench, deps, confirmed, waiting, run: () => pullMessages(deps, bench.limits()) };
}

const due = (orderId: string) => ({
  v: 1,
  kind: 'due',
  shop: 'shop',
  orderId,
  reason: 'message',
  steps: ['car', 'lead'],
});
const kinds = (sent: readonly { kind: string }[]) => sent.map(({ kind }) => kind);

describe('messages of the platform', () => {
  it('ask for the car and the lead of the order they name, once, and are confirmed', async () => {
    const messages = [
      message(ORDER),
      message(ORDER, 'tmall_auto_TradeModify'),
      message(ORDER, 'taobao_refund_RefundCreated'),
    ];
    const { run, bench, confirmed } = world([...messages]);

    const report = await run();

    expect(bench.sent).toEqual([due(ORDER)]);
    expect(confirmed.sort()).toEqual(messages.map(({ id }) => id).sort());
    expect(report).toMatchObject({
      state: 'caught-up',
      consumed: 3,
      confirmed: 3,
      orders: 1,
      enqueued: 1,
      more: false,
    });
  });

  it('bring the trade too when it has changed, which brings every step', async () => {
    const { run, bench } = world([message(ORDER)], { trades: [trade(ORDER), trade(OTHER)] });

    const report = await run();

    expect(kinds(bench.sent)).toEqual(['trade', 'trade']);
    expect(report).toMatchObject({ trades: 1, dues: 0, confirmed: 1 });
  });

  it('list the second of creation once for all orders of that second', async () => {
    const orders = [order(ORDER), order(OTHER)];
    const { run, bench } = world([message(ORDER), message(OTHER)], {
      orders,
      trades: [trade(ORDER), trade(OTHER)],
    });

    await run();

    const listings = bench.calls.filter(({ method }) => method.startsWith('qimen.'));
    expect(listings).toHaveLength(2);
    expect(listings[0]?.params).toMatchObject({
      start_created: '2026-11-20 11:00:00',
      end_created: '2026-11-20 11:00:00',
      seller_nick: 'shop',
    });
  });

  it('of an unknown order leave its trade to the live lane', async () => {
    const { run, bench, confirmed } = world([message(ORDER)], { orders: [] });

    const report = await run();

    expect(bench.sent).toEqual([]);
    expect(confirmed).toHaveLength(1);
    expect(report.unknownOrders).toBe(1);
  });

  it('about an accessory ask for neither car nor lead', async () => {
    const { run, bench } = world([message(ORDER)], { orders: [order(ORDER, { owes: [] })] });

    await run();

    expect(bench.sent).toEqual([]);
  });

  it('of unknown topics, without an order, or of other sellers are confirmed and counted', async () => {
    const { run, confirmed, bench } = world([
      message(ORDER, 'taobao_item_ItemAdd'),
      message(ORDER, 'tmall_auto_TradeModify', { content: '{"status":1}' }),
      message(ORDER, undefined, { content: 'no json' }),
      message(ORDER, undefined, { user_nick: '别家店' }),
    ]);

    const report = await run();

    expect(confirmed).toHaveLength(4);
    expect(report).toMatchObject({ unknownTopics: 1, withoutOrder: 2, foreign: 1, enqueued: 0 });
    expect(bench.sent).toEqual([]);
  });

  it('are consumed until there are none, 200 at a time', async () => {
    const { run, bench } = world(Array.from({ length: 450 }, () => message(ORDER)));

    const report = await run();

    expect(report).toMatchObject({ consumed: 450, confirmed: 450 });
    const consumed = bench.calls.filter(({ method }) => method.endsWith('.consume'));
    expect(consumed.map(({ params }) => params)).toEqual(Array(4).fill({ quantity: '200' }));
  });

  it('stay unconfirmed when the queue does not take the order, and come again', async () => {
    const { deps, bench, confirmed } = world([message(ORDER)]);
    const away = new CarferryError({ disposition: 'retry', reason: 'queue-unavailable', message: 'away' });
    const sender = { send: () => Promise.reject(away) };

    const failed = await pullMessages({ ...deps, sender }, bench.limits());
    const before = confirmed.length;
    await pullMessages(deps, bench.limits());

    expect(failed).toMatchObject({ state: 'failed', reason: 'queue-unavailable', confirmed: 0 });
    expect([before, confirmed.length]).toEqual([0, 1]);
    expect(bench.sent).toEqual([due(ORDER)]);
  });

  it('are never confirmed before the queue has what they name', async () => {
    const steps: string[] = [];
    const { deps, bench } = world([message(ORDER)], {
      answer: ({ method }) => {
        if (method.endsWith('.confirm')) steps.push('confirm');
        return undefined;
      },
    });
    const sender = {
      send: async () => {
        steps.push('send');
      },
    };

    await pullMessages({ ...deps, sender }, bench.limits());

    expect(steps).toEqual(['send', 'confirm']);
  });

  it('come again when the trade cannot be listed now; car and lead are asked for all the same', async () => {
    const away = new CarferryError({ disposition: 'retry', reason: 'unreachable', message: 'away' });
    const { run, bench, confirmed } = world([message(ORDER)], {
      answer: ({ method }) => (method.startsWith('qimen.') ? Promise.reject(away) : undefined),
    });

    const report = await run();

    expect(bench.sent).toEqual([due(ORDER)]);
    expect(confirmed).toEqual([]);
    expect(report).toMatchObject({ postponed: 1, confirmed: 0, more: false });
  });

  it('are confirmed when listing is not permitted: coming again would not help', async () => {
    const halt = new CarferryError({
      disposition: 'halt',
      reason: 'no-permission',
      message: 'no',
      scope: 'session',
    });
    const { run, confirmed } = world([message(ORDER)], {
      answer: ({ method }) => (method.startsWith('qimen.') ? Promise.reject(halt) : undefined),
    });

    await run();

    expect(confirmed).toHaveLength(1);
  });

  it('that cannot be confirmed are harmless: the next run does the same', async () => {
    let refusals = 1;
    const { run, bench, confirmed } = world([message(ORDER)], {
      answer: ({ method }) => {
        if (!method.endsWith('.confirm') || refusals === 0) return undefined;
        refusals -= 1;
        throw new CarferryError({ disposition: 'retry', reason: 'timeout', message: 'lost' });
      },
    });

    const first = await run();
    await run();

    expect(first).toMatchObject({ state: 'failed', confirmed: 0 });
    expect(bench.sent).toEqual([due(ORDER), due(ORDER)]);
    expect(confirmed).toHaveLength(1);
  });

  it('make no call when they are switched off', async () => {
    const { deps, bench } = world([message(ORDER)]);

    const report = await pullMessages({ ...deps, isOn: false }, bench.limits());

    expect(bench.calls).toEqual([]);
    expect(report).toMatchObject({ state: 'off', enqueued: 0, more: false });
  });

  it('are polled for through the given time, and no call starts after the deadline', async () => {
    const waiting: Message[] = [];
    const { deps, bench } = world(waiting, {
      answer: ({ method }) => {
        if (method.endsWith('.consume') && bench.calls.length === 5) waiting.push(message(ORDER));
        return undefined;
      },
    });

    const polled = await pullMessages({ ...deps, pollMs: 20_000 }, bench.limits());
    const calls = bench.calls.length;
    const short = await pullMessages({ ...deps, pollMs: 20_000 }, bench.limits(0));

    expect(bench.sent).toEqual([due(ORDER)]);
    expect(polled.state).toBe('caught-up');
    expect(calls).toBeGreaterThan(15);
    expect(bench.calls.length).toBe(calls);
    expect(short).toMatchObject({ state: 'more', more: true });
  });

  it('name their consumer group in both calls when one is configured', async () => {
    const { deps, bench } = world([message(ORDER)]);

    await pullMessages({ ...deps, group: 'carferry' }, bench.limits());

    const own = bench.calls.filter(({ method }) => method.startsWith('taobao.tmc.'));
    expect(own.map(({ params }) => Object(params).group_name)).toEqual(own.map(() => 'carferry'));
  });
});

describe('the content of a message', () => {
  const read = (content: string, topic = 'taobao_trade_TradeSuccess') =>
    readMessage({ topic, content, user_nick: 'shop' });

  it.each([
    ['{"tid":4277659395456225432,"oid":1}', ORDER],
    ['{"tid":"4277659395456225432"}', ORDER],
    ['{"buyer_nick":"测试甲","order_id":4277659395456225432,"type":"FIRST_STEP_CONFIRMED"}', ORDER],
    ['{"tid":519847211351083}', '519847211351083'],
  ])('%s names its order with all its digits', (content, orderId) => {
    expect(read(content)).toEqual({ kind: 'order', orderId, seller: 'shop' });
  });

  it.each([
    '',
    'null',
    '[]',
    '{}',
    '{"tid":0}',
    '{"tid":-1}',
    '{"tid":1.5}',
    '{"tid":{"a":1}}',
    '<tid>1</tid>',
    '{"tid":1e30}',
  ])('%s names none', (content) => {
    expect(read(content).kind).toBe('withoutOrder');
  });

  it('is read whatever it holds, and never names what it does not hold', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string(), fc.string({ unit: 'binary' })), (content) => {
        const meaning = read(content);

        expect(meaning.kind === 'order' ? content.includes(meaning.orderId) : true).toBe(true);
      }),
    );
  });

  it.each(['taobao_item_ItemAdd', '', 'x'.repeat(200), 'taobao trade', 'tmall_item_X'])(
    'of the topic "%s" is not looked at',
    (topic) => {
      expect(read('{"tid":1}', topic).kind).toBe('unknownTopic');
    },
  );
});
