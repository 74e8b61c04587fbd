import type { Clock } from '../../lib/core/clock.ts';
import { CarferryError, configurationError } from '../../lib/core/errors.ts';
import type { StreamReport } from '../../lib/domain/summaryDocument.ts';
import type { Invoke } from './invoke.ts';
import {
  documentedReport,
  mergeReports,
  type PullReport,
  pullReportSchema,
  variableBehind,
} from './reports.ts';

export type PullFunction = 'pullTrades' | 'pullAdOrders';

/** A run is called in slices, so that a stop never waits for a whole Lambda time-out. */
export const SLICE_MS = 20_000;
const HELD_AGAIN_MS = 500;
/** Bans up to a minute are waited out, with some room for clocks. */
const LONGEST_WAIT_MS = 65_000;
/** Of one stream, without its watermark moving in between. */
const FAILURES_MAX = 8;
const FAILURE_PAUSE_MS = 1_000;
const LONGEST_FAILURE_PAUSE_MS = 15_000;

export type PullDeps = {
  readonly invoke: Invoke;
  readonly clock: Clock;
  /** Aborts on Ctrl-C and at the limit. */
  readonly signal: AbortSignal;
};

/**
 * Calls a pull function until no stream of it can go further: continues what stopped at its deadline, waits for
 * leases of a killed run and for short bans, repeats what failed a few times.
 * @throws CarferryError `configuration` when TOP refuses the app itself
 */
export async function pullToEnd(
  name: PullFunction,
  input: Readonly<Record<string, unknown>>,
  deps: PullDeps,
): Promise<StreamReport[]> {
  const merged = new Map<string, StreamReport>();
  const failures = new Map<string, number>();
  while (!deps.signal.aborted) {
    const streams = await callOnce(name, input, deps);
    for (const report of streams) {
      refuseWrongApp(report.reason);
      const documented = documentedReport(report);
      const hasMoved = merged.get(report.stream)?.watermark !== report.watermark;
      if (report.state !== 'failed' || hasMoved) failures.delete(report.stream);
      merged.set(report.stream, mergeReports(merged.get(report.stream), documented));
    }
    if (streams.some(({ state }) => state === 'more')) continue;
    const wait = pauseBefore(streams, failures, deps.clock.now());
    if (wait === undefined) break;
    for (const { stream, state } of streams) {
      if (state === 'failed') failures.set(stream, (failures.get(stream) ?? 0) + 1);
    }
    await deps.clock.sleep(wait, deps.signal).catch(() => {});
  }
  return [...merged.values()];
}

async function callOnce(
  name: PullFunction,
  input: Readonly<Record<string, unknown>>,
  { invoke }: PullDeps,
): Promise<PullReport[]> {
  try {
    return pullReportSchema.parse(await invoke(name, input, { timeoutMs: SLICE_MS })).streams;
  } catch (error) {
    if (error instanceof CarferryError) refuseWrongApp(error.reason);
    throw error;
  }
}

/** How long to wait before the next call, in ms; undefined when another call would change nothing. */
function pauseBefore(
  streams: readonly PullReport[],
  failures: ReadonlyMap<string, number>,
  now: number,
): number | undefined {
  const waits = streams.flatMap(({ stream, state, until }) => {
    if (state === 'held') return [HELD_AGAIN_MS];
    if (state === 'failed') {
      const times = failures.get(stream) ?? 0;
      const pause = Math.min(LONGEST_FAILURE_PAUSE_MS, FAILURE_PAUSE_MS * 2 ** times);
      return times < FAILURES_MAX ? [pause] : [];
    }
    if (state !== 'deferred' || until === undefined) return [];
    const wait = Math.max(0, Date.parse(until) - now);
    return wait <= LONGEST_WAIT_MS ? [wait + HELD_AGAIN_MS] : [];
  });
  return waits.length === 0 ? undefined : Math.min(...waits);
}

/** @throws CarferryError `configuration` naming the variable that TOP refuses */
export function refuseWrongApp(reason: string | undefined): void {
  const variable = variableBehind(reason);
  if (variable === undefined) return;
  throw configurationError(
    variable,
    `TOP refuses the app (${reason}): check ${variable} and the gateway URLs`,
  );
}
