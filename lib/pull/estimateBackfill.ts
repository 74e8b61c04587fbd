import { type Bounds, LONGEST_WINDOW_MS, nextMidnight } from './windows.ts';

export type BackfillEstimateInput = {
  /** Epoch milliseconds. */
  readonly from: number;
  readonly to: number;
  /** Rows of one page. */
  readonly pageSize: number;
  /** Calls per second of the method, all lanes together. */
  readonly ratePerSecond: number;
  /** Part of them that the backfill may count on; default 0.5. */
  readonly share?: number;
  /** Rows that TOP states for each window, in the order of {@link windowsOf}; unknown ones count no page. */
  readonly totals?: readonly number[];
  /** Above this a window is halved until its parts fit; each part is asked for its total. Default 2,000. */
  readonly mostRows?: number;
  /** Calls for each order behind the listing (car, lead, a part of an item call); default 2.05. Zero: listing only. */
  readonly callsPerOrder?: number;
};

export type BackfillEstimate = {
  readonly windows: number;
  /** Undefined without totals. */
  readonly rows: number | undefined;
  /** Calls of the listing: one total for each window, and its pages. */
  readonly listingCalls: number;
  /** Calls that the orders cost behind their queue, of other methods with budgets of their own. */
  readonly orderCalls: number;
  /** Time for the listing at its share of the rate. */
  readonly seconds: number;
};

/** Car order and lead of each order, items twenty at a time. */
const CALLS_PER_ORDER = 2.05;

/** The windows of a backfill: days, cut at Beijing midnights. */
export function windowsOf({ from, to }: Bounds): Bounds[] {
  const windows: Bounds[] = [];
  for (let at = from; at < to; ) {
    const end = Math.min(to, nextMidnight(at), at + LONGEST_WINDOW_MS);
    windows.push({ from: at, to: end });
    at = end;
  }
  return windows;
}

/** What a backfill of these bounds will cost, for its dry run. Pure; an upper bound when every order is new. */
export function estimateBackfill(input: BackfillEstimateInput): BackfillEstimate {
  const { from, to, pageSize, ratePerSecond, share = 0.5, totals } = input;
  const { mostRows = 2_000, callsPerOrder = CALLS_PER_ORDER } = input;
  const days = windowsOf({ from, to });
  let [windows, listingCalls] = [0, 0];
  for (const [at] of days.entries()) {
    const total = totals?.[at] ?? 0;
    // Halving a window costs the total of the whole and of each half; rows are taken as evenly spread.
    const halvings = Math.max(0, Math.ceil(Math.log2(Math.max(1, total / mostRows))));
    const parts = 2 ** halvings;
    windows += parts;
    listingCalls += halvings + parts + parts * Math.ceil(total / parts / pageSize);
  }
  const rows = totals?.reduce((sum, total) => sum + total, 0);
  return {
    windows,
    rows,
    listingCalls,
    orderCalls: Math.ceil((rows ?? 0) * callsPerOrder),
    seconds: Math.ceil(listingCalls / (ratePerSecond * share)),
  };
}
