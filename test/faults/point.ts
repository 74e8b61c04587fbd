import type { Kind } from './kinds.ts';

/** Which cells belong to a point of the crash matrix: any of `effects` in any of `functions`, by one of `kinds`. */
export type Selector = {
  /** Names of functions; default all. */
  readonly functions?: readonly string[];
  /** Names of effects, `*` for any ending; default all. */
  readonly effects?: readonly string[];
  readonly kinds?: readonly Kind[];
};

/** One point of the crash matrix (docs/faults.md). */
export type Point = {
  readonly what: string;
  readonly required: string;
  readonly cells?: readonly Selector[];
  /** Cells that are no single request; names of `scenarios.ts`. */
  readonly scenarios?: readonly string[];
};

/** The functions that the schedules call. */
export const PULLS = ['pullTrades', 'pullAdOrders'];
export const TICKED = [...PULLS, 'pullLeads', 'enqueueDues', 'pullMessages'];
/** The functions that queues feed. */
export const CONSUMERS = ['enrichOrders', 'storeAdOrders', 'enrichLeads'];
export const LOST = ['replyLost', 'wentAway'] as const;
export const KILLS = ['killBefore', 'killAfter'] as const;
