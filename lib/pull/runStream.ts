import type { Clock } from '../core/clock.ts';
import { toCarferryError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { toEpochMs } from '../domain/chinaTime.ts';
import type { StateRefusal } from '../store/stateRefusal.ts';
import type { StreamsTable } from '../store/streamsTable.ts';
import { announceProgress } from './announceProgress.ts';
import type { RunLimits } from './pullInput.ts';
import type { PullSource } from './pullSource.ts';
import { createRunTime, endingOf } from './runTime.ts';
import { type StreamLease, takeLease } from './streamLease.ts';
import type { StreamPlan } from './streamPlan.ts';
import { type Ending, emptyTally, reportOf, type StreamReport } from './streamReport.ts';
import { createStreamWalk } from './streamWalk.ts';

export type RunStreamDeps = {
  readonly streams: Pick<
    StreamsTable,
    | 'read'
    | 'acquire'
    | 'save'
    | 'release'
    | 'openWindow'
    | 'openWindows'
    | 'closeWindow'
    | 'manifest'
    | 'writeManifest'
  >;
  readonly clock: Clock;
  readonly log: Log;
};

/**
 * Pulls one stream as far as time allows, under its lease. Never throws: whatever stops it is told in the
 * report, so that the other streams of the run go on.
 */
export async function runStream(
  plan: StreamPlan,
  source: PullSource,
  limits: RunLimits,
  deps: RunStreamDeps,
): Promise<StreamReport> {
  const tally = emptyTally();
  const time = createRunTime(deps.clock, limits);
  const bounds = { from: plan.from, to: plan.until, watermark: plan.from };
  const end = (ending: Ending): StreamReport => {
    announceProgress(plan, bounds, { limits, tally }, ending);
    return reportOf(plan, bounds, tally, ending);
  };
  const stop = (thrown: unknown): Ending => {
    const error = toCarferryError(thrown);
    const ending = endingOf(error, time);
    const { stream, shop } = plan;
    const { reason, disposition, field, hint } = error;
    const fields = { stream, shop, reason, disposition, field, hint, until: ending.until };
    if (STATE_REFUSALS.has(reason)) deps.log.error('stream-state-refused', fields);
    else if (ending.state === 'failed' || ending.state === 'halted') deps.log.error('stream-stopped', fields);
    else if (ending.state !== 'more') deps.log.warn('stream-stopped', fields);
    return ending;
  };

  let lease: StreamLease | 'held';
  try {
    if (await mustWait(plan, deps.streams)) return end({ state: 'caught-up' });
    lease = await takeLease(plan.stream, limits.requestId, deps);
  } catch (thrown) {
    return end(stop(thrown));
  }
  if (lease === 'held') return end({ state: 'held' });
  try {
    const walk = createStreamWalk(plan, source, { ...deps, lease, limits, time, tally });
    const begun = await walk.begin();
    bounds.from = begun.from;
    bounds.to = begun.to;
    return await walk
      .run()
      .catch(stop)
      .then((ending) => {
        bounds.watermark = watermarkOf(lease, begun.from);
        return end(ending);
      });
  } catch (thrown) {
    return end(stop(thrown));
  } finally {
    await lease.release();
  }
}

/** Reasons that only a person can do something about. */
const STATE_REFUSALS: ReadonlySet<string> = new Set<StateRefusal>([
  'state-unreadable',
  'state-foreign-version',
  'watermark-in-future',
  'state-missing',
]);

/** Further behind than this, a live stream needs the calls more than a sweep of what it has not yet read. */
const LIVE_LAG_MS = 3_600_000;

/** Whether the live stream of a scheduled sweep is still catching up. */
async function mustWait({ waitsFor, until }: StreamPlan, streams: RunStreamDeps['streams']) {
  if (waitsFor === undefined) return false;
  // A live stream whose state is refused has its own alarm; what it cannot do, the sweep does.
  const live = await streams.read(waitsFor).catch((thrown: unknown) => {
    if (toCarferryError(thrown).disposition !== 'park') throw thrown;
    return 'refused' as const;
  });
  if (live === 'refused') return false;
  return live?.watermark === undefined || toEpochMs(live.watermark) + LIVE_LAG_MS < until;
}

function watermarkOf(lease: StreamLease, otherwise: number): number {
  const { watermark } = lease.memory();
  return watermark === undefined ? otherwise : toEpochMs(watermark);
}
