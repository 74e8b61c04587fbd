const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/**
 * How far back each lane looks and how often it runs. `live` goes on from its watermark (its lookback is only
 * the first start); the sweeps read everything again, because TOP lists by creation and a later payment or
 * refund shows nowhere else; `backfill` has bounds of its own and runs when asked; `reconcile` reads one day and
 * compares what is stored whole. Sweep periods and lookbacks are the defaults of the configuration.
 */
export const LANES = {
  live: { lookbackMs: 90 * DAY_MS, everyMs: MINUTE_MS },
  day: { lookbackMs: DAY_MS, everyMs: 15 * MINUTE_MS },
  fortnight: { lookbackMs: 14 * DAY_MS, everyMs: 6 * HOUR_MS },
  quarter: { lookbackMs: 90 * DAY_MS, everyMs: DAY_MS },
  backfill: { lookbackMs: 0, everyMs: 0 },
  reconcile: { lookbackMs: 0, everyMs: 0 },
} as const;

export type Lane = keyof typeof LANES;

/** The names of the lanes, for schemas. */
export const LANE_NAMES = [
  'live',
  'day',
  'fortnight',
  'quarter',
  'backfill',
  'reconcile',
] as const satisfies Lane[];

/** The lanes that read again, by themselves, what `live` has passed. */
export const SWEEPS = ['day', 'fortnight', 'quarter'] as const satisfies Lane[];
export type Sweep = (typeof SWEEPS)[number];

/** Bounds of a backfill as ISO texts; they are part of its stream's id, so that each keeps its own place. */
export type BackfillBounds = { readonly from: string; readonly to: string };

function streamId(prefix: string, lane: Lane, bounds: BackfillBounds | undefined): string {
  if (lane === 'backfill') return `${prefix}${lane}#${bounds?.from}#${bounds?.to}`;
  // The day, `yyyy-MM-dd`.
  return lane === 'reconcile' ? `${prefix}${lane}#${bounds?.from.slice(0, 10)}` : `${prefix}${lane}`;
}

/** What the ids of all trade streams of a shop begin with. */
export function tradeStreams(shop: string): string {
  return `trades#${shop}#`;
}

/** `trades#<shop>#<lane>`; the id of a backfill or reconcile carries its bounds. */
export function tradeStream(shop: string, lane: Lane, bounds?: BackfillBounds): string {
  return streamId(tradeStreams(shop), lane, bounds);
}

/** What the ids of all streams of a UniDesk product begin with. */
export function adOrderStreams(prodType: number): string {
  return `adOrders#${prodType}#`;
}

/** `adOrders#<prodType>#<lane>`; the id of a backfill or reconcile carries its bounds. */
export function adOrderStream(prodType: number, lane: Lane, bounds?: BackfillBounds): string {
  return streamId(adOrderStreams(prodType), lane, bounds);
}
