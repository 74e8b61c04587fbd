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

/** An open window in the ledger: given up by its stream, walked again until it closes. */
export type OpenWindowRow = OpenWindow & { readonly stream: string };

/** What the holder of a stream may change; `null` removes, an absent or undefined member stays. */
export type StreamPatch = Extra & {
  /** Everything created before it is accounted for; ISO `+08:00`. */
  readonly watermark?: string | null | undefined;
  readonly window?: OpenWindow | null | undefined;
  /** Bounds of the sweep under way. */
  readonly sweep?: { readonly from: string; readonly to: string } | null | undefined;
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
  readonly sweep?: { readonly from: string; readonly to: string };
  readonly finishedAt?: string;
};

/** Sort key of a stream's state. */
export const STATE_ROW = 'state';
const WINDOW_ROW = 'window#';

/** Sort key of an open window. */
export function windowRow(window: { readonly from: string; readonly to: string }): string {
  return `${WINDOW_ROW}${window.from}#${window.to}`;
}
