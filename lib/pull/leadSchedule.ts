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

/**
 * The next check after one that found no lead, or `undefined` after the last. A check that came late passes
 * over those whose time has gone by as well. Epoch milliseconds; pure.
 */
export function nextLeadCheck(due: Due, now: number): { dueAt: number; attempts: number } | undefined {
  const planned = LEAD_CHECKS_MS[due.attempts] ?? 0;
  // A due that does not say when its first check was: as if this one had been on time.
  const first = due.firstDueAt === undefined ? toEpochMs(due.dueAt) - planned : toEpochMs(due.firstDueAt);
  for (const [attempts, delay] of LEAD_CHECKS_MS.entries()) {
    if (attempts > due.attempts && first + delay > now) return { dueAt: first + delay, attempts };
  }
  return undefined;
}
