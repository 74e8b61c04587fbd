import { toEpochMs } from '../domain/chinaTime.ts';
import type { Due } from '../store/duesTable.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** When an order is asked for its lead, counted from the first check. */
export const LEAD_CHECKS_MS = [
  0,
  10 * MINUTE_MS,
  HOUR_MS,
  6 * HOUR_MS,
  DAY_MS,
  3 * DAY_MS,
  7 * DAY_MS,
] as const;

const SHORTEST_PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 10 * MINUTE_MS;

/** When the first check was planned; a due that does not say so counts as on time. */
function firstCheckOf(due: Due): number {
  if (due.firstDueAt !== undefined) return toEpochMs(due.firstDueAt);
  return toEpochMs(due.dueAt) - (LEAD_CHECKS_MS[due.attempts] ?? 0);
}

/** Wait after a check that failed: as long as it is overdue, so that the waits double; in milliseconds. */
export function pauseAfterFault(due: Due, now: number): number {
  const overdue = now - firstCheckOf(due) - (LEAD_CHECKS_MS[due.attempts] ?? 0);
  return Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, overdue));
}

/**
 * The next check after one that found no lead, or `undefined` after the last. A check that came late passes
 * over those whose time has gone by as well. Epoch milliseconds; pure.
 */
export function nextLeadCheck(due: Due, now: number): { dueAt: number; attempts: number } | undefined {
  const first = firstCheckOf(due);
  for (const [attempts, delay] of LEAD_CHECKS_MS.entries()) {
    if (attempts > due.attempts && first + delay > now) return { dueAt: first + delay, attempts };
  }
  return undefined;
}
