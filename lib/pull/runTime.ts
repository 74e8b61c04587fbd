import type { Clock } from '../core/clock.ts';
import type { CarferryError } from '../core/errors.ts';
import { toIso } from '../domain/chinaTime.ts';
import type { RunLimits } from './pullInput.ts';
import type { Ending } from './streamReport.ts';

/** With less time than this left, a page is not worth starting; short runs use a quarter of their time. */
const SHORTEST_STEP_MS = 1_000;
/** What says that a call did not fit into the run, not that the source failed. */
const OUT_OF_TIME: ReadonlySet<string> = new Set(['deadline', 'aborted', 'invocation-ended', 'rate-budget']);

export type RunTime = {
  /** No further effect should start. */
  isShort(): boolean;
  /** The error only says that the run is over. */
  isOver(error: CarferryError): boolean;
  /** Waits, but never into the reserve. */
  pause(ms: number): Promise<void>;
};

/** The time of one run; made when it starts. */
export function createRunTime(clock: Clock, { deadline, signal }: RunLimits): RunTime {
  const step = Math.min(SHORTEST_STEP_MS, Math.max(0, deadline - clock.now()) / 4);
  const isShort = (): boolean => signal.aborted || clock.now() + step >= deadline;
  return {
    isShort,
    isOver: ({ disposition, reason }) => OUT_OF_TIME.has(reason) || (disposition === 'retry' && isShort()),
    pause: async (ms) => {
      const left = deadline - step - clock.now();
      // An aborted wait is seen by isShort.
      if (left > 0) await clock.sleep(Math.min(ms, left), signal).catch(() => undefined);
    },
  };
}

/** How a run ends that `error` stopped. */
export function endingOf(error: CarferryError, time: RunTime): Ending {
  const { disposition, reason, field, hint, scope, until } = error;
  if (reason === 'lease-lost') return { state: 'held', reason };
  if (time.isOver(error)) return { state: 'more' };
  const why = {
    reason,
    ...(field !== undefined && { field }),
    ...(hint !== undefined && { hint }),
  };
  switch (disposition) {
    case 'halt':
      return { state: 'halted', ...why, ...(scope !== undefined && { scope }) };
    case 'defer':
      return { state: 'deferred', ...why, ...(until !== undefined && { until: toIso(until) }) };
    case 'retry':
    case 'park':
    case 'skip':
      return { state: 'failed', ...why };
  }
}
