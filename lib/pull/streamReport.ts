import { toIso } from '../domain/chinaTime.ts';
import type { Lane } from './lanes.ts';

/** How a stream's run ended; `more`: the deadline came first, call again. */
export type StreamEnd = 'caught-up' | 'more' | 'held' | 'halted' | 'deferred' | 'failed';

/** What a run counted; changed in place. */
export type Tally = {
  /** Windows closed. */
  windows: number;
  pages: number;
  rows: number;
  enqueued: number;
  /** Rows that the tables already hold. */
  unchanged: number;
  parked: number;
  /** Windows this run left open in the ledger, or met open and could not close. */
  openWindows: number;
};

export type SourceName = 'trades' | 'adOrders';

/** What one run of one stream did. Times are ISO `+08:00`. */
export type StreamReport = Readonly<Tally> & {
  readonly stream: string;
  readonly source: SourceName;
  readonly shop?: string;
  readonly lane: Lane;
  /** Where this run began. */
  readonly from: string;
  /** Where the stream was asked to go. */
  readonly to: string;
  readonly watermark: string;
  readonly state: StreamEnd;
  readonly reason?: string;
  readonly hint?: string;
  /** Parameter that a refusal names. */
  readonly field?: string;
  /** Of a halt: `app` says that no call of this app can succeed. */
  readonly scope?: 'session' | 'app';
  /** Of `deferred`: calling earlier is useless. */
  readonly until?: string;
};

export type Ending = Pick<StreamReport, 'state' | 'reason' | 'hint' | 'field' | 'scope' | 'until'>;

export function emptyTally(): Tally {
  return { windows: 0, pages: 0, rows: 0, enqueued: 0, unchanged: 0, parked: 0, openWindows: 0 };
}

/** A report without absent members. */
export function reportOf(
  plan: {
    readonly stream: string;
    readonly source: SourceName;
    readonly shop?: string | undefined;
    readonly lane: Lane;
  },
  bounds: { readonly from: number; readonly to: number; readonly watermark: number },
  tally: Tally,
  ending: Ending,
): StreamReport {
  const { stream, source, shop, lane } = plan;
  return {
    stream,
    source,
    ...(shop !== undefined && { shop }),
    lane,
    from: toIso(bounds.from),
    to: toIso(bounds.to),
    watermark: toIso(bounds.watermark),
    ...tally,
    ...ending,
  };
}
