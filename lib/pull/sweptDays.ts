import { chinaDate, toEpochMs, toIso } from '../domain/chinaTime.ts';
import type { DayManifest } from '../store/dayManifest.ts';
import type { SweptDay } from './streamMemory.ts';
import { addCounts, NO_ROWS, type WindowCounts } from './windowCounts.ts';
import { type Bounds, nextMidnight } from './windows.ts';

/** What a sweep brings of one window; without it the window had to be given up. */
export type SweptWindow = { readonly counts: WindowCounts; readonly unknownUpstream: number };

/**
 * The day with one more of its windows, which never reach over a Beijing midnight. It is kept in the sweep's
 * state, written together with the watermark that passes the window, so that a crash counts no window twice.
 */
export function dayWith(day: SweptDay | undefined, bounds: Bounds, swept: SweptWindow | undefined): SweptDay {
  const date = chinaDate(bounds.from);
  const before = day?.day === date ? day : newDay(date, bounds.from);
  return {
    ...before,
    windows: before.windows + 1,
    open: before.open + (swept === undefined ? 1 : 0),
    unknownUpstream: before.unknownUpstream + (swept?.unknownUpstream ?? 0),
    counts: addCounts(before.counts, swept?.counts ?? NO_ROWS),
  };
}

function newDay(day: string, from: number): SweptDay {
  const isWhole = from === firstSecondOf(day);
  return { day, isWhole, windows: 0, open: 0, unknownUpstream: 0, counts: NO_ROWS };
}

function firstSecondOf(day: string): number {
  return toEpochMs(`${day}T00:00:00+08:00`);
}

/** The last window of its day ends here. */
export function endsDay({ from, to }: Bounds): boolean {
  return to === nextMidnight(from);
}

export type DayClosing = {
  readonly shop: string;
  readonly lane: string;
  /** Names the sweep. */
  readonly sweep: string;
  /** Epoch milliseconds. */
  readonly now: number;
  /** The last window reached the end of the day. */
  readonly isOver: boolean;
  /** Some window of the day is open in the ledger. */
  readonly hasOpenWindow: boolean;
  /** The last manifest of the day, by another sweep. */
  readonly before: DayManifest | undefined;
};

/** The manifest of a day whose windows are all walked. Pure. */
export function manifestOf(swept: SweptDay, closing: DayClosing): DayManifest {
  const { shop, lane, sweep, now, isOver, hasOpenWindow, before } = closing;
  const { day, windows, counts, unknownUpstream, open } = swept;
  const { distinct: upstream, present, missing, differing, parked, awaited } = counts;
  const found = { upstream, present, missing, differing, parked, unknownUpstream, windows };
  const healed = (before?.healed ?? 0) + Math.max(0, (before?.missing ?? 0) - missing);
  const head = { v: 1, shop, day, ...found, healed, lane, sweep, at: toIso(now) } as const;
  if (open > 0 || hasOpenWindow) return { ...head, state: 'red', reason: 'open-window' };
  if (!isOver || !swept.isWhole) return { ...head, state: 'red', reason: 'day-not-over' };
  if (missing > 0) return { ...head, state: 'red', reason: 'missing', awaited };
  return { ...head, state: 'green' };
}

/** Whether a row of the ledger lies in the day, or may: one that cannot be read lies everywhere. */
export function touchesDay(
  row: { readonly from: string; readonly to: string; readonly unreadable?: true | undefined },
  day: string,
): boolean {
  if (row.unreadable === true) return true;
  const from = firstSecondOf(day);
  return toEpochMs(row.from) < nextMidnight(from) && toEpochMs(row.to) > from;
}
