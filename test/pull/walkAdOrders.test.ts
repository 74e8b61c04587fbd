import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import {
  chinaDate,
  fromChinaWallClock,
  toChinaWallClock,
  toEpochMs,
  toIso,
} from '../../lib/domain/chinaTime.ts';
import { type PullAdOrdersDeps, pullAdOrders } from '../../lib/pull/pullAdOrders.ts';
import { createBench, DAY, MINUTE, NOON } from './bench.ts';
import type { AskedCall } from './fakeTop.ts';

const HOUR = 60 * MINUTE;
const LIVE = { lane: 'live', from: toIso(NOON - 3 * HOUR) } as const;

const query = z.object({
  order_top_cursor_query_dto: z.object({
    start_time: z.string(),
    end_time: z.string(),
    prod_type: z.number(),
    cursor_id: z.string().optional(),
  }),
});

function asked({ params }: Pick<AskedCall, 'params'>) {
  const { start_time, end_time, prod_type, cursor_id } = query.parse(params).order_top_cursor_query_dto;
  const at = (text: string): number => toEpochMs(fromChinaWallClock(text));
  return {
    start_time,
    end_time,
    first: at(start_time),
    last: at(end_time),
    prodType: prod_type,
    cursor: cursor_id,
  };
}

function adRow(n: number, changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    order_id: `42776593954562${String(10_000 + n)}`,
    sub_order_id: `42776593954562${String(50_000 + n)}`,
    seller_nick: n % 2 === 0 ? 'shop' : 'a seller nobody configured',
    order_status: 2,
    click_time: '2026-11-20 09:00:00',
    channel_id: 1,
    pay_fee: 1000 + n,
    ...changes,
  };
}

type Reply = { result?: unknown; cursor_id?: string | null };

/** `answer` decides for product 1; product 2 has nothing. */
function createAdBench(answer: (cursor: string | undefined, call: AskedCall) => Reply, mostPages?: number) {
  const bench = createBench({
    answer: (call) =>
      asked(call).prodType === 1 ? answer(asked(call).cursor, call) : { result: [], success: true },
  });
  const stored: { orderId: string; line: string; hash: string }[] = [];
  const deps: PullAdOrdersDeps = {
    ...bench.deps,
    appKey: 'app',
    adOrders: { linesOf: async (orderId) => stored.filter((line) => line.orderId === orderId) },
    ...(mostPages !== undefined && { mostPages }),
  };
  return {
    ...bench,
    callsOf: (prodType: number) => bench.calls.map(asked).filter((call) => call.prodType === prodType),
    consume() {
      for (const message of bench.sent) if (message.kind === 'adLine') stored.push(message.line);
    },
    async pull(input: Parameters<typeof pullAdOrders>[1] = LIVE, ms?: number) {
      const { streams } = await pullAdOrders(deps, input, bench.limits(ms));
      const [report] = streams;
      if (report === undefined) throw new Error('no report');
      return report;
    },
  };
}

describe('the walk of UniDesk windows', () => {
  it('follows the cursor with the window held constant and sends the lines of every seller', async () => {
    const bench = createAdBench((cursor) => {
      if (cursor === undefined) return { result: [adRow(1), adRow(2)], cursor_id: 'c1' };
      return cursor === 'c1' ? { result: [adRow(3)], cursor_id: 'c2' } : { result: [], cursor_id: 'c2' };
    });

    const report = await bench.pull();

    const calls = bench.callsOf(1);
    expect(calls.map(({ cursor }) => cursor)).toEqual([undefined, 'c1', 'c2']);
    expect(new Set(calls.map(({ start_time, end_time }) => `${start_time} ${end_time}`)).size).toBe(1);
    expect(report).toMatchObject({ state: 'caught-up', windows: 1, pages: 3, rows: 3, enqueued: 3 });
    expect(bench.sent.map((message) => message.shop)).toEqual([
      'a seller nobody configured',
      'shop',
      'a seller nobody configured',
    ]);
  });

  it('asks for each product by name and keeps a stream for each', async () => {
    const bench = createAdBench(() => ({ result: [] }));

    await bench.pull();

    expect([...bench.streams.states.keys()].toSorted()).toEqual(['adOrders#1#live', 'adOrders#2#live']);
  });

  it('never asks across a Beijing midnight and leaves no millisecond out', async () => {
    const bench = createAdBench(() => ({ result: [] }));

    await bench.pull({ lane: 'live', from: toIso(NOON - 3 * DAY) });

    const calls = bench.callsOf(1);
    expect(calls.map(({ first, last }) => chinaDate(first) === chinaDate(last))).not.toContain(false);
    expect(calls.slice(0, -1).map(({ end_time }) => end_time.slice(11))).toEqual(
      Array.from({ length: 3 }, () => '23:59:59.999'),
    );
    for (const [index, { first }] of calls.entries()) {
      const before = calls[index - 1];
      if (before !== undefined) expect(first).toBe(before.last + 1);
    }
  });

  it('reads the overlap of a live stream again on both sides of a midnight', async () => {
    const bench = createAdBench(() => ({ result: [] }));
    const midnight = toEpochMs('2026-11-21T00:00:00+08:00');
    bench.clock.at(midnight + 4 * MINUTE);
    await bench.pull({ lane: 'live', from: toIso(midnight - HOUR) });
    const before = bench.callsOf(1).length;
    bench.clock.move(5 * MINUTE);

    const report = await bench.pull({ lane: 'live' });

    expect(
      bench
        .callsOf(1)
        .slice(before)
        .map(({ start_time, end_time }) => [start_time, end_time]),
    ).toEqual([
      [toChinaWallClock(midnight - 3 * MINUTE, { ms: true }), toChinaWallClock(midnight - 1, { ms: true })],
      [toChinaWallClock(midnight, { ms: true }), toChinaWallClock(midnight + 7 * MINUTE - 1, { ms: true })],
    ]);
    expect(report.watermark).toBe(toIso(midnight + 7 * MINUTE));
  });

  it.each<[string, (cursor: string | undefined) => Reply, number]>([
    [
      'an empty page without cursor',
      (cursor) => (cursor ? { result: [] } : { result: [adRow(1)], cursor_id: 'a' }),
      2,
    ],
    [
      'an empty page with the cursor that was sent',
      (cursor) => (cursor ? { result: [], cursor_id: cursor } : { result: [adRow(1)], cursor_id: 'a' }),
      2,
    ],
    ['rows with a blank cursor', () => ({ result: [adRow(1)], cursor_id: ' ' }), 1],
    ['rows without cursor', () => ({ result: [adRow(1)] }), 1],
    ['rows with a null cursor', () => ({ result: [adRow(1)], cursor_id: null }), 1],
    [
      'three empty pages, each with a fresh cursor',
      (cursor) => ({ result: cursor ? [] : [adRow(1)], cursor_id: `${cursor ?? ''}+` }),
      4,
    ],
  ])('closes its window at %s', async (_name, answer, pages) => {
    const bench = createAdBench(answer);

    const report = await bench.pull();

    expect(report).toMatchObject({ state: 'caught-up', windows: 1, pages, enqueued: 1, openWindows: 0 });
  });

  it('goes on after an empty page whose cursor is fresh', async () => {
    const bench = createAdBench((cursor) => {
      if (cursor === undefined) return { result: [], cursor_id: 'a' };
      return cursor === 'a' ? { result: [adRow(1)], cursor_id: 'b' } : { result: [] };
    });

    const report = await bench.pull();

    expect(report).toMatchObject({ windows: 1, enqueued: 1 });
  });

  it.each<[string, (cursor: string | undefined) => string]>([
    ['the cursor that was sent', () => 'a'],
    ['a cursor of long ago', (cursor) => `c${(Number(cursor?.slice(1) ?? 0) % 5) + 1}`],
  ])('takes rows with %s for a loop and does not close the window', async (_name, next) => {
    const bench = createAdBench((cursor) => ({ result: [adRow(1)], cursor_id: next(cursor) }));

    const report = await bench.pull();

    expect(report).toMatchObject({ state: 'caught-up', windows: 0, openWindows: 1 });
    expect(bench.events).toContainEqual({ event: 'window-left-open', reason: 'cursor-loop' });
    expect(bench.calls.length).toBeLessThan(100);
  });

  it('gives up a window with more pages than anybody has', async () => {
    const bench = createAdBench(
      (cursor = '0') => ({ result: [adRow(1)], cursor_id: `${Number(cursor) + 1}` }),
      12,
    );

    const report = await bench.pull();

    expect(report).toMatchObject({ windows: 0, openWindows: 1, pages: 60 });
    expect(bench.events).toContainEqual({ event: 'window-left-open', reason: 'too-many-pages' });
  });

  it('goes on from the stored cursor after a run that ended in mid-window', async () => {
    const bench = createAdBench((cursor = '0') => {
      bench.clock.move(1000);
      const next = Number(cursor) + 1;
      return next < 9 ? { result: [adRow(next)], cursor_id: `${next}` } : { result: [adRow(next)] };
    });
    const until = toIso(NOON - 2 * MINUTE);
    const cut = await bench.pull({ ...LIVE, until }, 4000);

    const done = await bench.pull({ ...LIVE, until });

    expect(cut.state).toBe('more');
    expect(done).toMatchObject({ state: 'caught-up', windows: 1 });
    expect(cut.pages + done.pages).toBe(9);
  });

  it('parks rows it cannot read, one by one, and sends their neighbours', async () => {
    const rows = [adRow(1), adRow(2, { pay_fee: { broken: true } }), adRow(4, { seller_nick: '' }), 'no row'];
    const bench = createAdBench(() => ({ result: rows }));

    const report = await bench.pull();

    expect(report).toMatchObject({ windows: 1, rows: 4, enqueued: 1, parked: 3 });
    expect([...bench.quarantine.values()].map(({ field }) => field)).toEqual(['pay_fee', 'seller_nick', '']);
  });

  it('in a sweep sends only lines that are not stored as they are', async () => {
    let pay = 1;
    const bench = createAdBench(() => ({ result: [adRow(1), adRow(2, { pay_fee: pay })] }));
    await bench.pull();
    bench.consume();
    pay = 2;

    const report = await bench.pull({ lane: 'day' });

    expect(report).toMatchObject({ state: 'caught-up', windows: 2, enqueued: 2, unchanged: 2 });
  });

  it('takes a line out of quarantine once TOP sends it readable', async () => {
    let isBroken = true;
    const bench = createAdBench(() => ({ result: [adRow(1, isBroken ? { pay_fee: 'x' } : {})] }));
    await bench.pull();
    const parked = bench.quarantine.size;
    isBroken = false;

    await bench.pull({ lane: 'day' });

    expect([parked, bench.quarantine.size]).toEqual([1, 0]);
  });
});
