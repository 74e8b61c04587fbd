import type { CarferryError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { WindowWalk } from './pullSource.ts';
import type { RunTime } from './runTime.ts';
import type { StoredWindow } from './streamMemory.ts';
import { addCounts, NO_ROWS, type WindowCounts } from './windowCounts.ts';

/** Walks that do not add up before the window is left to the ledger. */
export const MOST_ATTEMPTS = 5;
/** Runs in which the source fails on the same window before it is left to the ledger. */
const MOST_FAULTS = 20;
/** Before the second walk; doubled before each further one. */
const FIRST_PAUSE_MS = 250;

/** What a walk to the end has found. */
export type WalkedWindow = {
  readonly rows: number;
  readonly counts: WindowCounts;
  /** Absent where the source states none. */
  readonly total?: number | undefined;
  readonly unknownUpstream: number;
  /** Walks it took. */
  readonly attempts: number;
};

export type WindowEnd =
  | ({ readonly end: 'closed' } & WalkedWindow)
  | {
      readonly end: 'left-open';
      readonly reason: string;
      /** Of the last walk, as far as it came. */
      readonly counts: WindowCounts;
      readonly attempts: number;
    }
  | { readonly end: 'large' }
  | { readonly end: 'more' };

export type WalkWindowDeps = {
  readonly stream: string;
  readonly time: RunTime;
  readonly log: Log;
  readonly mayNarrow: boolean;
  readonly mostAttempts: number;
  /** Stores how far the window is. */
  save(window: StoredWindow): Promise<void>;
};

/**
 * Walks one window until it closes, is left open, or time ends; its place is stored after every page, so
 * that a run that dies here loses nothing and repeats one page at most.
 *
 * @throws CarferryError of the source or of our tables; the window's place is then as last stored.
 */
export async function walkWindow(
  walk: WindowWalk,
  start: StoredWindow,
  deps: WalkWindowDeps,
): Promise<WindowEnd> {
  const { time, log, stream } = deps;
  let window = start;
  for (;;) {
    if (time.isShort()) return { end: 'more' };
    const { place, hint } = window;
    const step = await (place === undefined
      ? walk.begin({ mayNarrow: deps.mayNarrow && window.attempts === 0, hint })
      : walk.page(place));
    switch (step.kind) {
      case 'empty': {
        const { unknownUpstream = 0 } = step;
        return {
          end: 'closed',
          rows: 0,
          total: 0,
          counts: NO_ROWS,
          unknownUpstream,
          attempts: walksOf(window),
        };
      }
      case 'closed': {
        const { rows, total, unknownUpstream = 0 } = step;
        const counts = addCounts(window.counts ?? NO_ROWS, step.counts);
        return { end: 'closed', rows, total, counts, unknownUpstream, attempts: walksOf(window) };
      }
      case 'large':
        return { end: 'large' };
      case 'begun':
        window = { ...withoutPlace(window), place: step.place };
        break;
      case 'page':
        window = {
          ...withoutPlace(window),
          place: step.place,
          // Stored with the place: a page that is read again after a crash replaces its own counts.
          counts: addCounts(window.counts ?? NO_ROWS, step.counts ?? NO_ROWS),
        };
        await deps.save(window);
        break;
      case 'failed': {
        const attempts = window.attempts + 1;
        const { from, to } = window;
        log.warn('walk-failed', { stream, from, to, attempts, reason: step.reason });
        if (attempts >= deps.mostAttempts) {
          return { end: 'left-open', reason: step.reason, counts: window.counts ?? NO_ROWS, attempts };
        }
        window = {
          ...withoutPlace(window),
          attempts,
          ...(step.hint !== undefined && { hint: step.hint }),
        };
        await deps.save(window);
        await time.pause(FIRST_PAUSE_MS * 2 ** (attempts - 1));
        break;
      }
      case 'fault':
        return await onFault(step.error, window, deps);
    }
  }
}

/** A source that fails costs this run; the same window failing run after run must not stop what follows. */
async function onFault(error: CarferryError, window: StoredWindow, deps: WalkWindowDeps): Promise<WindowEnd> {
  const { disposition, reason } = error;
  if (deps.time.isOver(error)) return { end: 'more' };
  if (disposition === 'halt' || disposition === 'defer') throw error;
  if (reason === 'window-too-wide' && deps.mayNarrow) return { end: 'large' };
  const faults = window.faults + 1;
  if (faults >= MOST_FAULTS) {
    return { end: 'left-open', reason, counts: window.counts ?? NO_ROWS, attempts: window.attempts };
  }
  await deps.save({ ...window, faults });
  throw error;
}

function walksOf({ attempts }: StoredWindow): number {
  return attempts + 1;
}

/** The window as it is before a walk. */
function withoutPlace({ from, to, attempts, faults, ledger }: StoredWindow): StoredWindow {
  return { from, to, attempts, faults, ...(ledger !== undefined && { ledger }) };
}
