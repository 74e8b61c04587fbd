import type { CarferryError } from '../core/errors.ts';
import type { JsonValue } from '../store/streamState.ts';
import type { Lane } from './lanes.ts';
import type { RunLimits } from './pullInput.ts';
import type { SourceName, Tally } from './streamReport.ts';
import type { WindowCounts } from './windowCounts.ts';
import type { Bounds } from './windows.ts';

/** How far a window has been read; JSON, kept in the stream's state, understood by its source alone. */
export type Place = { readonly [member: string]: JsonValue | undefined };

/** The source could not be asked. */
export type Fault = { readonly kind: 'fault'; readonly error: CarferryError };
/** The answers do not fit together: the window is walked again, knowing `hint`. */
export type Failed = { readonly kind: 'failed'; readonly reason: string; readonly hint?: Place };

export type Begun =
  | { readonly kind: 'begun'; readonly place: Place }
  | { readonly kind: 'empty'; readonly unknownUpstream?: number }
  /** More rows than one walk should hold; a shorter window will do. */
  | { readonly kind: 'large' }
  | Failed
  | Fault;

export type Walked =
  /** `counts`: of the rows that no earlier page of this walk has shown. */
  | { readonly kind: 'page'; readonly place: Place; readonly counts?: WindowCounts }
  /**
   * Every row of the window is accounted for; `rows` is how many there are, `total` what every page stated,
   * `unknownUpstream` how many stored orders of the window no page has shown.
   */
  | {
      readonly kind: 'closed';
      readonly rows: number;
      readonly counts: WindowCounts;
      readonly total?: number;
      readonly unknownUpstream?: number;
    }
  | Failed
  | Fault;

export type WalkContext = {
  readonly bounds: Bounds;
  readonly lane: Lane;
  /** Some of these rows may have been ferried before. */
  readonly rereads: boolean;
  /** Reconcile: rows that are as upstream shows them are sent as well. */
  readonly reask: boolean;
  /** Reconcile: rows of other sellers go nowhere. */
  readonly onlyShop?: string | undefined;
  readonly limits: RunLimits;
  readonly tally: Tally;
};

/**
 * One window being read. `page` resolves only when every row of its page is in the queue, known to be there
 * already, or parked; the caller then stores the place. Errors of our own tables and queues are thrown.
 */
export type WindowWalk = {
  begin(options: { readonly mayNarrow: boolean; readonly hint?: Place | undefined }): Promise<Begun>;
  page(place: Place): Promise<Walked>;
};

/** Something that is pulled by windows. */
export type PullSource = {
  readonly name: SourceName;
  readonly splitsAtMidnight: boolean;
  walk(context: WalkContext): WindowWalk;
};

/** Says whether the window is short enough that its length may grow again. */
export const MOST_ROWS = 2_000;
