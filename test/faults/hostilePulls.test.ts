import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { fromChinaWallClock, toChinaWallClock, toEpochMs } from '../../lib/domain/chinaTime.ts';
import { type PullAdOrdersDeps, pullAdOrders } from '../../lib/pull/pullAdOrders.ts';
import type { PullInput } from '../../lib/pull/pullInput.ts';
import { pullTrades } from '../../lib/pull/pullTrades.ts';
import { createBench, MINUTE, NOON } from '../pull/bench.ts';
import { askedTrades, listTrades, type ModelTrade } from '../pull/worldModel.ts';
import { type ChaosAct, type ChaosServer, reply, startChaosServer } from '../support/chaosServer.ts';
import { APIS, type HostileApi, hostileClient } from './hostileBench.ts';
import { ENDLESS_REPLIES, WRONG_REPLIES } from './hostileReplies.ts';

const HOUR = 60 * MINUTE;
const FROM = NOON - 3 * HOUR;

const trades = Array.from({ length: 7 }, (_, n): ModelTrade => {
  const at = NOON - 2 * HOUR + n * 60_000;
  return { id: `42776593954562${10_000 + n}`, createdAt: at, modifiedAt: at, status: 'WAIT_BUYER_PAY' };
});

const adQuery = z.object({
  start_time: z.string(),
  end_time: z.string(),
  prod_type: z.number(),
  cursor_id: z.string().optional(),
});

/** Two lines a page, the cursor is the place of the next one; product 2 has none. */
function listAds(form: URLSearchParams): { result: unknown[]; cursor_id?: string; success: true } {
  const query = adQuery.parse(JSON.parse(form.get('order_top_cursor_query_dto') ?? ''));
  const at = (text: string): number => toEpochMs(fromChinaWallClock(text));
  const listed = trades.filter(
    ({ createdAt }) =>
      query.prod_type === 1 && createdAt >= at(query.start_time) && createdAt <= at(query.end_time),
  );
  const start = Number(query.cursor_id ?? 0);
  const result = listed.slice(start, start + 2).map(({ id, createdAt }) => ({
    order_id: id,
    sub_order_id: id,
    seller_nick: 'shop',
    order_status: 2,
    click_time: toChinaWallClock(createdAt),
    channel_id: 1,
  }));
  return { result, success: true, ...(start + 2 < listed.length && { cursor_id: String(start + 2) }) };
}

type Source = {
  readonly api: HostileApi;
  /** The stream whose windows hold the rows. */
  readonly stream: string;
  truth(form: URLSearchParams, now: number): unknown;
};

const [tradesApi, adsApi] = APIS;
if (tradesApi === undefined || adsApi === undefined) throw new Error('no APIs');
const SOURCES: readonly Source[] = [
  {
    api: tradesApi,
    stream: 'trades#shop#live',
    truth: (form, now) => listTrades(Object.fromEntries(form), trades, now),
  },
  { api: adsApi, stream: 'adOrders#1#live', truth: listAds },
];

let server: ChaosServer;
beforeAll(async () => {
  server = await startChaosServer();
});
afterAll(() => server.close());

/** The real client and the real walk of one source; `spoil` may answer instead of the truth. */
function createPull({ api, stream, truth }: Source) {
  const bench = createBench({ answer: () => ({}) });
  const { clock, streams } = bench;
  const tick = async (
    input: PullInput,
    spoil: (nth: number) => ChaosAct | undefined = () => undefined,
    totalMs = 10_000,
  ) => {
    server.act((socket, request) => {
      const act = spoil(request.nth) ?? reply(JSON.stringify(truth(request.form, clock.now())));
      act(socket, request);
    });
    // A new process for every tick: what one client learnt of a ban is not what is looked at here.
    const top = hostileClient(server.url, totalMs, { ...clock, skipped: () => 0 });
    const deps: PullAdOrdersDeps = {
      ...bench.deps,
      top,
      appKey: 'app',
      adOrders: { linesOf: async () => [] },
    };
    try {
      return await (api === adsApi
        ? pullAdOrders(deps, input, bench.limits())
        : pullTrades({ ...bench.deps, top }, input, bench.limits()));
    } finally {
      await top.close();
    }
  };
  const sent = (): Set<string> =>
    new Set(
      bench.sent.map((message) =>
        message.kind === 'adLine' ? message.line.orderId : Object(message).orderId,
      ),
    );
  return {
    clock,
    ledger: streams.ledger,
    tick,
    sent,
    /** Every row before the watermark is in the queue, or in a window that the ledger shows open. */
    expectNothingPassed() {
      const watermark = streams.states.get(stream)?.watermark;
      const passed = trades.filter(
        ({ createdAt }) => watermark !== undefined && createdAt < toEpochMs(watermark),
      );
      const open = [...streams.ledger.values()].map(({ from, to }) => ({
        from: toEpochMs(from),
        to: toEpochMs(to),
      }));
      const isOpen = ({ createdAt }: ModelTrade) =>
        open.some(({ from, to }) => from <= createdAt && createdAt < to);
      expect(passed.filter((row) => !isOpen(row) && !sent().has(row.id))).toEqual([]);
    },
    /** Honest ticks: live, then a sweep, which owns what was left open. */
    async recover() {
      clock.move(10 * MINUTE);
      await tick({ lane: 'live', from: new Date(FROM).toISOString() });
      clock.move(10 * MINUTE);
      const { streams: swept } = await tick({
        lane: 'day',
        fresh: true,
        until: new Date(clock.now()).toISOString(),
      });
      expect(swept).toMatchObject(swept.map(() => ({ state: 'caught-up', openWindows: 0 })));
      expect(sent()).toEqual(new Set(trades.map(({ id }) => id)));
      expect([...streams.ledger.values()]).toEqual([]);
    },
  };
}

/** Floods and bombs cost time, and how they end at the client is tested there. */
const REPLIES = WRONG_REPLIES.filter(([name]) => !/bomb|without end/.test(name));
const LIVE: PullInput = { lane: 'live', from: new Date(FROM).toISOString() };

describe.each(SOURCES)('a pull of $api.method from a gateway that', (source) => {
  it.each(REPLIES)('%s closes no window, and catches up by itself', async (_name, act) => {
    for (const first of [0, 2]) {
      const pull = createPull(source);

      const { streams } = await pull.tick(LIVE, (nth) => (nth >= first ? act(source.api) : undefined));

      pull.expectNothingPassed();
      const [report] = streams;
      expect(report?.windows).toBe(0);
      expect(['failed', 'deferred', 'more', 'halted']).toContain(report?.state);
      await pull.recover();
    }
  });

  it.each(ENDLESS_REPLIES)(
    '%s holds no run up, closes no window, and catches up by itself',
    async (_name, act) => {
      const pull = createPull(source);

      const { streams } = await pull.tick(LIVE, (nth) => (nth > 0 ? act(source.api) : undefined), 100);

      pull.expectNothingPassed();
      expect(streams[0]).toMatchObject({ state: 'failed', windows: 0 });
      await pull.recover();
    },
  );

  it.each(REPLIES.filter((_, at) => at % 4 === 0))(
    '%s now and then is pulled to the end all the same',
    async (_name, act) => {
      const pull = createPull(source);

      for (let run = 0; run < 4; run += 1) {
        await pull.tick(LIVE, (nth) => (nth % 3 === run % 3 ? act(source.api) : undefined));
        pull.expectNothingPassed();
        pull.clock.move(MINUTE);
      }

      await pull.recover();
    },
  );
});

type Listing = ReturnType<typeof listTrades>;
type Lie = (honest: Listing, asked: ReturnType<typeof askedTrades>) => unknown;

const without = ({ trades: { trade } }: Listing, from: number): unknown => ({ trade: trade.slice(from) });
const of = (asked: ReturnType<typeof askedTrades>, page: number, pageSize = asked.pageSize): Listing =>
  listTrades(
    {
      fields: 'tid',
      seller_nick: 'shop',
      type: 'x',
      start_created: toChinaWallClock(asked.first),
      end_created: toChinaWallClock(asked.last),
      page_no: String(page),
      page_size: String(pageSize),
    },
    trades,
    NOON,
  );

/** Replies that read well and are wrong. */
const LIES: readonly [name: string, lie: Lie][] = [
  ['states one row more than there is', (honest) => ({ ...honest, total_results: '8' })],
  // Told on every page alike, one row less than there is cannot be known; the sweeps bring it.
  [
    'states one row less when it counts',
    (honest, { pageSize }) => ({ ...honest, total_results: pageSize === 1 ? '6' : '7' }),
  ],
  [
    'states one row less on a page',
    (honest, { pageSize }) => ({ ...honest, total_results: pageSize === 1 ? '7' : '6' }),
  ],
  ['states no total', ({ trades: rows }) => ({ trades: rows })],
  ['states a total of zero beside rows', (honest) => ({ ...honest, total_results: '0' })],
  ['states a total below zero', (honest) => ({ ...honest, total_results: '-1' })],
  ['states a total beyond every double', (honest) => ({ ...honest, total_results: '1e400' })],
  ['states a total of a billion', (honest) => ({ ...honest, total_results: '1000000000' })],
  ['states a total that is no number', (honest) => ({ ...honest, total_results: 'many' })],
  ['states a page size of zero rows', (honest) => ({ ...honest, page_size: '0', trades: {} })],
  [
    'states another page size every time',
    (honest, { page }) => ({ ...honest, page_size: String(1 + (page % 3)) }),
  ],
  ['leaves the last row of every page out', (honest) => ({ ...honest, trades: without(honest, 1) })],
  ['leaves every row out', (honest) => ({ ...honest, trades: { trade: [] } })],
  ['gives its first page for every page', (_, asked) => of(asked, 1)],
  ['gives the page before', (_, asked) => of(asked, Math.max(1, asked.page - 1))],
  [
    'gives the rows of another day',
    (honest) => ({
      ...honest,
      trades: {
        trade: honest.trades.trade.map((row) => ({ ...Object(row), created: '2026-11-01 00:00:00' })),
      },
    }),
  ],
  [
    'gives every row twice',
    (honest) => ({
      ...honest,
      trades: {
        trade: honest.trades.trade.flatMap((row) => [row, row]).slice(0, honest.trades.trade.length),
      },
    }),
  ],
];

describe('a gateway whose listing', () => {
  it.each(LIES)('%s leaves the window to the ledger, and live orders go on', async (_name, lie) => {
    const [source] = SOURCES;
    if (source === undefined) throw new Error('no source');
    const lying: Source = {
      ...source,
      truth: (form, now) => {
        const asked = askedTrades(Object.fromEntries(form));
        return lie(listTrades(Object.fromEntries(form), trades, now), asked);
      },
    };
    const pull = createPull(lying);

    for (let run = 0; run < 25; run += 1) {
      const { streams } = await pull.tick(LIVE);
      pull.expectNothingPassed();
      pull.clock.move(MINUTE);
      if (streams[0]?.state === 'caught-up' || pull.ledger.size > 0) break;
    }

    expect(pull.ledger.size).toBeGreaterThan(0);
  });
});
