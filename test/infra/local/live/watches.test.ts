import * as fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { createHistory } from '../../../../infra/local/live/history.ts';
import { createKeysSeen } from '../../../../infra/local/live/keysSeen.ts';
import { createRate } from '../../../../infra/local/live/rate.ts';
import { watchCalls } from '../../../../infra/local/live/watchCalls.ts';
import { watchRecords } from '../../../../infra/local/live/watchRecords.ts';
import { type StreamWatch, watchStreams } from '../../../../infra/local/live/watchStreams.ts';
import {
  publishRecord,
  publishStreamProgress,
  publishTopCall,
  type StreamProgressEvent,
} from '../../../../lib/core/telemetry.ts';

const T0 = Date.parse('2026-11-22T00:00:00+08:00');
const DAY = 86_400_000;

let stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops) stop();
  stops = [];
});
const stopping = <T extends { stop(): void }>(watch: T): T => {
  stops.push(watch.stop);
  return watch;
};

const page: StreamProgressEvent = {
  stream: 'trades#测试店#live',
  source: 'trades',
  shop: '测试店',
  lane: 'live',
  run: 'first',
  from: T0,
  to: T0 + 10 * DAY,
  watermark: T0,
  windows: 0,
  pages: 1,
  rows: 5,
  enqueued: 5,
  unchanged: 0,
  parked: 0,
  openWindows: 0,
  state: 'walking',
};

function told(watch: StreamWatch, ...events: Partial<StreamProgressEvent>[]) {
  for (const event of events) publishStreamProgress(() => ({ ...page, ...event }));
  return watch.read(0)[0];
}

describe('a stream as it is watched', () => {
  it('rises page by page, while its run goes on', () => {
    const watch = stopping(watchStreams());

    expect(told(watch, {})).toMatchObject({ rows: 5, share: 0, lagMs: 10 * DAY });
    expect(told(watch, { rows: 9, pages: 2, watermark: T0 + 4 * DAY })).toMatchObject({
      rows: 9,
      share: 0.4,
    });
  });

  it('sums the runs, and measures the way from where the first began', () => {
    const watch = stopping(watchStreams());
    const half = { watermark: T0 + 5 * DAY };

    const live = told(
      watch,
      { ...half, state: 'more' },
      { run: 'second', from: T0 + 5 * DAY, ...half, rows: 2 },
    );

    expect(live).toMatchObject({ rows: 7, pages: 2, share: 0.5, state: 'walking' });
  });

  it('keeps its place when a run finds it held', () => {
    const watch = stopping(watchStreams());
    const held = { run: 'second', state: 'held', rows: 0, pages: 0, watermark: T0, to: T0 } as const;

    expect(told(watch, { watermark: T0 + 5 * DAY }, held)).toMatchObject({ share: 0.5, state: 'held' });
  });

  it('is at its end when caught up, although a sweep has given its watermark back', () => {
    const watch = stopping(watchStreams());

    expect(told(watch, { lane: 'day', state: 'caught-up' })).toMatchObject({ share: 1, lagMs: 0 });
  });

  it('begins anew with the next sweep', () => {
    const watch = stopping(watchStreams());
    const next = {
      lane: 'day',
      run: 'second',
      from: T0 + 5 * DAY,
      watermark: T0 + 5 * DAY,
      to: T0 + 15 * DAY,
    };

    expect(told(watch, { lane: 'day', state: 'caught-up' }, next)?.share).toBe(0);
  });
});

describe('records and calls as they are watched', () => {
  it('count an order, a lead, a line and an item once, however often they come', () => {
    const watch = stopping(
      watchRecords(
        () => T0,
        () => {},
      ),
    );
    for (let time = 0; time < 2; time += 1) {
      publishRecord(() => ({ kind: 'trade', shop: 's', orderId: '1', itemIds: ['a', 'b'] }));
      publishRecord(() => ({ kind: 'lead', shop: 's', orderId: '1', leadId: '9' }));
      publishRecord(() => ({ kind: 'noLead', shop: 's', orderId: '2' }));
      publishRecord(() => ({ kind: 'adLine', shop: 's', orderId: '1', line: 'x' }));
    }

    expect(watch.tables()).toEqual({ orders: 2, leads: 1, adOrders: 1, items: 2 });
    expect(watch.handled()).toBe(8);
    expect(watch.recent().map(({ orderId }) => orderId)).toEqual(['2', '1']);
  });

  it('tell a ban until it ends or a call works again', () => {
    const watch = stopping(watchCalls(() => T0));
    publishTopCall({ method: 'm', outcome: 'banned', durationMs: 1, until: T0 + 5_000 });
    const banned = watch.read(T0)[0]?.bannedUntil;
    const over = watch.read(T0 + 5_000)[0]?.bannedUntil;
    publishTopCall({ method: 'm', outcome: 'ok', durationMs: 1 });

    expect([banned, over, watch.read(T0)[0]?.bannedUntil]).toEqual(['2026-11-22T00:00:05+08:00', null, null]);
    expect(watch.counts()).toEqual([{ method: 'm', calls: 2, ok: 1, retried: 0, failed: 0, banned: 1 }]);
  });
});

describe('small counters', () => {
  it('know distinct keys from each other', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.stringMatching(/^\d{1,19}$/)), (ids) => {
        const keys = createKeysSeen();
        for (const id of [...ids, ...ids]) keys.add(id);
        expect(keys.count()).toBe(ids.length);
      }),
    );
    const keys = createKeysSeen();
    for (let id = 0; id < 200_000; id += 1) keys.add(`47180000${id}590010`);
    expect(keys.count()).toBe(200_000);
  });

  it('take a rate over the last ten seconds', () => {
    const rate = createRate();
    for (let second = 0; second < 20; second += 1)
      for (let n = 0; n < 3; n += 1) rate.add(T0 + second * 1000);

    expect(rate.perSecond(T0 + 19_000)).toBe(3);
    expect(rate.perSecond(T0 + 60_000)).toBe(0);
  });

  it('keep an hour of history and no more', () => {
    const history = createHistory(T0);
    history.add('orders', T0);
    for (let step = 0; step < 400; step += 1) history.add('calls', T0 + step * 10_000);
    history.lag('s', 5, T0 + 3_990_000);
    const series = history.read(T0 + 3_990_000);

    expect([series.calls.length, series.orders.at(0), series.calls.at(-1)]).toEqual([360, 0, 1]);
    expect(series.lag['s']?.filter((value) => value !== null)).toEqual([5]);
  });
});
