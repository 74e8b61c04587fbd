import { toEpochMs, toIso } from '../domain/chinaTime.ts';
import type { StreamPatch } from '../store/streamState.ts';
import type { Lane } from './lanes.ts';
import type { StreamMemory } from './streamMemory.ts';
import type { SourceName } from './streamReport.ts';

/**
 * - `fresh`: the time up to `until` must have been swept by one that ends there or later;
 * - `since`: nothing that finished before this time counts;
 * - otherwise a sweep that finished within `restMs` of `now` counts, so that calling again for the sake of
 *   another stream does not begin it anew. A backfill counts for good.
 */
export type Demand = {
  readonly fresh: boolean;
  readonly since?: number | undefined;
  readonly now: number;
  readonly restMs: number;
};

/** What a run wants of one stream. Epoch milliseconds on whole seconds. */
export type StreamPlan = {
  readonly stream: string;
  readonly source: SourceName;
  readonly shop?: string | undefined;
  readonly lane: Lane;
  /** Where a live stream begins that has no watermark yet; where a sweep begins. */
  readonly from: number;
  readonly until: number;
  /** Why a sweep or backfill counts as done, or one under way no longer suffices. */
  readonly demand: Demand;
  readonly overlapMs: number;
  readonly settleMs: number;
  /** The live stream that a scheduled sweep leaves the calls to until it has caught up. */
  readonly waitsFor?: string | undefined;
  /** Reconcile: rows that are as upstream shows them are sent as well. */
  readonly reask?: boolean | undefined;
  /** Reconcile: the only shop whose rows are wanted. */
  readonly onlyShop?: string | undefined;
  /** What the ids of this source's streams (of this shop or product) begin with. */
  readonly siblings: string;
};

/** Where the run goes on, what it has to write first, and whether there is nothing to do. */
export type Beginning = {
  readonly from: number;
  readonly to: number;
  readonly patch?: StreamPatch;
  readonly isFinished?: boolean;
};

/** Decides how a run of this lane begins, from what the stream remembers. Pure. */
export function beginLane(plan: StreamPlan, memory: StreamMemory): Beginning {
  const { from, until } = plan;
  const { watermark, sweep } = memory;
  if (plan.lane === 'live') {
    if (watermark !== undefined) return { from: toEpochMs(watermark), to: until };
    const begin = toIso(from);
    return { from, to: until, patch: { watermark: begin, startedFrom: begin } };
  }
  if (sweep !== undefined && !(plan.demand.fresh && toEpochMs(sweep.to) < until)) {
    return { from: toEpochMs(sweep.from), to: toEpochMs(sweep.to) };
  }
  if (sweep === undefined && isDone(plan, memory)) return { from, to: until, isFinished: true };
  const begin = { from: toIso(from), to: toIso(until), begunAt: toIso(plan.demand.now) };
  const patch = {
    sweep: begin,
    sweptDay: null,
    watermark: begin.from,
    window: null,
    position: null,
    ledgerAt: null,
  };
  return { from, to: until, patch };
}

/** Whether the last finished sweep or backfill is what the plan asks for. */
function isDone({ lane, from, until, demand }: StreamPlan, { finishedAt, swept }: StreamMemory): boolean {
  if (finishedAt === undefined || swept === undefined) return false;
  const finished = toEpochMs(finishedAt);
  if (demand.since !== undefined && finished < demand.since) return false;
  if (lane === 'backfill') return true;
  // Somebody asks for it: only who names a time is content with one that is done.
  if (lane === 'reconcile') return demand.since !== undefined;
  if (demand.fresh) return toEpochMs(swept.to) >= until && toEpochMs(swept.from) <= from;
  if (demand.since !== undefined) return true;
  return finished + demand.restMs > demand.now;
}

/**
 * How much of the time before the watermark a live stream reads again. A source that is cut at midnights
 * does so only while late rows may still come: reading every evening twice would double the calls of a
 * long catch-up.
 */
export function overlapOf(plan: StreamPlan, memory: StreamMemory, splitsAtMidnight: boolean): number {
  if (plan.lane !== 'live') return 0;
  const { watermark, closedAt } = memory;
  if (!splitsAtMidnight || watermark === undefined || closedAt === undefined) return plan.overlapMs;
  const age = toEpochMs(closedAt) - toEpochMs(watermark);
  return age <= 2 * (plan.settleMs + plan.overlapMs) ? plan.overlapMs : 0;
}
