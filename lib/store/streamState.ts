/** What a stream's rows may hold besides their named members. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined };

type Extra = { readonly [key: string]: JsonValue | undefined };

/** A window whose walk has begun; its bounds never change until it is closed. */
export type OpenWindow = Extra & {
  /** Inclusive, ISO `+08:00`. */
  readonly from: string;
  /** Exclusive, ISO `+08:00`. */
  readonly to: string;
};

/** What a walk of a window found; `distinct` = `enqueued` + `unchanged` + `parked`. */
export type WindowCounts = {
  /** What every page stated; absent where the source states none. */
  readonly total?: number | undefined;
  readonly distinct?: number | undefined;
  readonly enqueued?: number | undefined;
  /** Rows that the table held already. */
  readonly unchanged?: number | undefined;
  readonly parked?: number | undefined;
  /** Walks it took so far. */
  readonly attempts?: number | undefined;
  readonly lane?: string | undefined;
};

/** An open window in the ledger: given up by its stream, walked again by sweeps until it closes. */
export type OpenWindowRow = OpenWindow &
  WindowCounts & {
    readonly stream: string;
    readonly reason?: string | undefined;
    readonly openedAt?: string | undefined;
    /** No version of this program wrote the row: nobody can walk it, so it stays open until a person looks. */
    readonly unreadable?: true | undefined;
  };

/** A window that was walked to its end. */
export type ClosedWindowRow = WindowCounts & {
  readonly stream: string;
  readonly from: string;
  readonly to: string;
  /** ISO `+08:00`. */
  readonly closedAt: string;
};

/** What the holder of a stream may change; `null` removes, an absent or undefined member stays. */
export type StreamPatch = Extra & {
  /** Everything created before it is accounted for; ISO `+08:00`. */
  readonly watermark?: string | null | undefined;
  readonly window?: OpenWindow | null | undefined;
  /** Bounds of the sweep under way. */
  readonly sweep?: SweepBounds | null | undefined;
  /** When the last sweep reached its end. */
  readonly finishedAt?: string | null | undefined;
  /** A later end of the lease, for a holder that works on. */
  readonly expiresAt?: string | undefined;
};

/** A stream's state as its holder last saw it; pass it back to `save` and `release`. */
export type StreamState = Extra & {
  readonly stream: string;
  /** Raised by every takeover; a write under an older fence is refused. */
  readonly fence: number;
  /** Raised by every write. */
  readonly version: number;
  readonly owner?: string;
  /** End of the lease: for liveness only, safety rests on fence and version. */
  readonly expiresAt?: string;
  readonly watermark?: string;
  readonly window?: OpenWindow;
  readonly sweep?: SweepBounds;
  readonly finishedAt?: string;
  /** Version of the row's shape; absent in rows from before it was counted. */
  readonly v?: number;
};

/** A sweep, from when it began. */
export type SweepBounds = {
  readonly from: string;
  readonly to: string;
  readonly begunAt?: string | undefined;
};

/** Sort key of a stream's state. */
export const STATE_ROW = 'state';
/** What the sort keys of open windows begin with. */
export const OPEN_ROWS = 'window#';
/** What the sort keys of closed windows begin with: apart, so that finding open ones reads no closed one. */
export const CLOSED_ROWS = 'closed#';

/** Sort key of an open window. */
export function windowRow(window: { readonly from: string; readonly to: string }): string {
  return `${OPEN_ROWS}${window.from}#${window.to}`;
}

/** Sort key of a closed window. */
export function closedRow(window: { readonly from: string; readonly to: string }): string {
  return `${CLOSED_ROWS}${window.from}#${window.to}`;
}
