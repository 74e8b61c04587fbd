import { chinaDate, toEpochMs } from '../domain/chinaTime.ts';

const SECOND_MS = 1000;
const DAY_MS = 86_400_000;

/** Shortest window: TOP's bounds are whole seconds. */
export const SHORTEST_WINDOW_MS = SECOND_MS;
/** Longest window of every source. */
export const LONGEST_WINDOW_MS = DAY_MS;

/** `[from, to)` in epoch milliseconds, both on whole seconds. */
export type Bounds = { readonly from: number; readonly to: number };

/** Where a stream stands. Epoch milliseconds. */
export type Standing = {
  /** Everything before it is accounted for. */
  readonly watermark: number;
  /** The stream's first `from`; nothing before it is ever asked for. */
  readonly start: number;
  /** Nothing from here on is asked for yet. */
  readonly end: number;
  /** Time before the watermark that is read once more for rows that were listed late; 0 for sweeps. */
  readonly overlapMs: number;
  /** Longest window at present. */
  readonly lengthMs: number;
  /** Within the overlap: what was already read again ends here. */
  readonly position?: number | undefined;
  /** Windows end at a Beijing midnight. */
  readonly splitsAtMidnight: boolean;
};

/** The whole second at or before `epochMs`. */
export function wholeSecond(epochMs: number): number {
  return Math.floor(epochMs / SECOND_MS) * SECOND_MS;
}

/** The first Beijing midnight after `epochMs`. */
export function nextMidnight(epochMs: number): number {
  return toEpochMs(`${chinaDate(epochMs)}T00:00:00+08:00`) + DAY_MS;
}

/**
 * The window to read next, or `undefined` when nothing is left before `end`. The overlap never takes more
 * than half of a window, so that every window ends behind the watermark, unless a midnight ends it before:
 * then the caller passes that end as `position`.
 */
export function nextWindow(standing: Standing): Bounds | undefined {
  const { watermark, start, end, overlapMs, lengthMs, position, splitsAtMidnight } = standing;
  if (watermark >= end) return undefined;
  const overlap = Math.min(overlapMs, wholeSecond(lengthMs / 2));
  const from = position ?? Math.max(Math.min(start, watermark), watermark - overlap);
  const longest = Math.max(from + lengthMs, position === undefined ? 0 : watermark + SHORTEST_WINDOW_MS);
  const to = Math.min(end, longest);
  return { from, to: splitsAtMidnight ? Math.min(to, nextMidnight(from)) : to };
}

/** Half of a window's length in whole seconds, for windows with too many rows. */
export function halvedLength({ from, to }: Bounds): number {
  return Math.max(SHORTEST_WINDOW_MS, wholeSecond((to - from) / 2));
}

/** Both bounds of `[from, to)` as TOP wants them for trades: whole seconds, both included. */
export function inclusiveSeconds({ from, to }: Bounds): { readonly first: number; readonly last: number } {
  return { first: from, last: to - SECOND_MS };
}

/** Both bounds of `[from, to)` as UniDesk wants them: milliseconds, both included. */
export function inclusiveMilliseconds({ from, to }: Bounds): {
  readonly first: number;
  readonly last: number;
} {
  return { first: from, last: to - 1 };
}
