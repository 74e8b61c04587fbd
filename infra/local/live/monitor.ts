import type { Clock } from '../../../lib/core/clock.ts';
import { VERSION } from '../../../lib/core/version.ts';
import { toIso } from '../../../lib/domain/chinaTime.ts';
import { type QueueDepth, queueDepths } from '../queueDepths.ts';
import type { System } from '../system.ts';
import { queueName } from '../terminal/words.ts';
import type { Workers } from '../workers.ts';
import { drainTime, paceOf } from './drainTime.ts';
import { estimate } from './estimate.ts';
import { createHistory } from './history.ts';
import { keepLooking, type Pace } from './keepLooking.ts';
import type { LiveSnapshot } from './snapshot.ts';
import { type CallWatch, watchCalls } from './watchCalls.ts';
import { countStoredRows, watchRecords } from './watchRecords.ts';
import { drainRates, watchStanding } from './watchStanding.ts';
import { watchStreams } from './watchStreams.ts';

/** Queue depths are asked for this often; small tables less often, depending on what a look costs. */
const QUEUES: Pace = { everyMs: 1_000, costShare: 0.2, mostMs: 10_000 };
const TABLES: Pace = { everyMs: 4_000, costShare: 0.02, mostMs: 15_000 };
const MOST_NOTES = 20;

export type Monitor = {
  snapshot(): LiveSnapshot;
  /** Keeps a line that was said. */
  note(line: string): void;
  readonly calls: Pick<CallWatch, 'counts'>;
  stop(): void;
};

export type MonitorDeps = {
  readonly system: System;
  readonly clock: Clock;
  readonly mode: 'once' | 'run';
  readonly ofQueue: Workers['ofQueue'];
};

/**
 * Follows one run: what the functions tell page by page and record by record, queue depths every second, and the
 * small tables (halts, quarantine, dues) as often as their size allows. Never scans the large tables but once.
 */
export function startMonitor({ system, clock, mode, ofQueue }: MonitorDeps): Monitor {
  const now = (): number => clock.now();
  const startedAt = now();
  const history = createHistory(startedAt);
  const calls = watchCalls(now, ({ outcome }) => {
    history.add('calls', now());
    if (outcome === 'banned') history.add('bans', now());
  });
  const streams = watchStreams();
  const records = watchRecords(now, () => history.add('orders', now()));
  const standing = watchStanding(system, clock);
  const notes: string[] = [];
  let depths: QueueDepth[] = [];
  let tablesCounted = false;
  let slow: Pick<LiveSnapshot, 'quarantine' | 'dues' | 'halts'> = {
    quarantine: 0,
    dues: { due: 0, later: 0, nextDueAt: null },
    halts: [],
  };

  const looks = [
    keepLooking(QUEUES, async () => {
      depths = await queueDepths(system.sqs, system.queueUrls, system.wiring.queues);
      for (const { stream, lane, lagMs } of readStreams())
        if (lane === 'live') history.lag(stream, lagMs, now());
    }),
    keepLooking(TABLES, async () => {
      const { quarantine, dues, shops } = system.stores;
      const [count, due, halts] = await Promise.all([
        quarantine.count(),
        dues.count(now()),
        Promise.all(system.shops.map((shop) => shops.halts(shop))),
      ]);
      slow = {
        quarantine: count,
        dues: { due: due.due, later: due.later, nextDueAt: due.nextDueAt ?? null },
        halts: halts.flat().map(({ shop, method, reason, since }) => ({ shop, method, reason, since })),
      };
    }),
  ];
  countStoredRows(records.known, system).then(
    () => {
      tablesCounted = true;
    },
    () => {},
  );

  const readStreams = () => streams.read(mode === 'once' ? 0 : now() - system.settleMs);

  return {
    calls,
    note: (line) => {
      notes.push(`${toIso(now()).slice(11, 19)} ${line}`);
      if (notes.length > MOST_NOTES) notes.shift();
    },
    snapshot: () => {
      const at = now();
      const elapsedMs = at - startedAt;
      const live = readStreams();
      const queues = depths.map(({ name, waiting, dead }) => {
        const { inHand, oldestSentAt } = ofQueue(name, waiting);
        const oldestMs = oldestSentAt === undefined ? null : Math.max(0, at - oldestSentAt);
        return { name, waiting, inHand, dead, oldestMs };
      });
      const called = calls.read(at);
      const bannedMs = Math.max(
        0,
        ...called.map(({ bannedUntil }) => (bannedUntil ? Date.parse(bannedUntil) - at : 0)),
      );
      const series = history.read(at);
      const { shops, limits } = standing.read();
      const waitingIn = (noun: string): number =>
        queues.reduce((sum, { name, waiting }) => sum + (queueName(name) === noun ? waiting : 0), 0);
      const left = estimate({
        elapsedMs,
        streams: live,
        waiting: queues.reduce((sum, { waiting, inHand }) => sum + Math.max(waiting, inHand), 0),
        due: slow.dues.due,
        handled: records.handled(),
        bannedMs,
      });
      return {
        version: VERSION,
        mode,
        gateway: system.origin.gateway,
        startedAt: toIso(startedAt),
        at: toIso(at),
        elapsedMs,
        streams: live,
        queues,
        calls: called,
        tables: records.tables(),
        tablesCounted,
        leadChecks: records.leadChecks(),
        ...slow,
        estimate: mode === 'once' ? (left ?? null) : null,
        drain:
          drainTime({
            ...{ orders: waitingIn('orders'), leads: waitingIn('leads'), due: slow.dues.due },
            ...{ ordersPerSecond: paceOf(series), ...drainRates(limits), bannedMs },
          }) ?? null,
        shops,
        limits,
        series,
        recent: records.recent().map(({ orderId, shop, atMs }) => ({ orderId, shop, at: toIso(atMs) })),
        notes: [...notes],
      };
    },
    stop: () => {
      for (const look of looks) look.stop();
      standing.stop();
      streams.stop();
      records.stop();
      calls.stop();
    },
  };
}
