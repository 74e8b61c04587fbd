import type { StreamProgressEvent } from '../../../lib/core/telemetry.ts';
import type { Halt } from '../../../lib/store/shopsTable.ts';
import type { DrainTime } from './drainTime.ts';

/** One stream as it stands; counts are of this run of the program. */
export type LiveStream = {
  readonly stream: string;
  readonly source: 'trades' | 'adOrders';
  readonly shop: string | null;
  readonly lane: string;
  readonly state: StreamProgressEvent['state'];
  readonly reason: string | null;
  readonly until: string | null;
  readonly windows: number;
  readonly pages: number;
  readonly rows: number;
  readonly enqueued: number;
  readonly parked: number;
  readonly openWindows: number;
  /** ISO; everything created before it is accounted for. */
  readonly watermark: string;
  /** Milliseconds from the watermark to what could be known by now. */
  readonly lagMs: number;
  /** Part of its way that lies behind it, 0 to 1. */
  readonly share: number;
};

export type LiveQueue = {
  readonly name: string;
  /** Visible, delayed and in flight. */
  readonly waiting: number;
  /** Received by this process and not yet answered. */
  readonly inHand: number;
  readonly dead: number;
  /** Age of the oldest message that this process has met and not finished. */
  readonly oldestMs: number | null;
};

export type LiveCalls = {
  readonly method: string;
  readonly calls: number;
  readonly ok: number;
  readonly retried: number;
  readonly failed: number;
  readonly banned: number;
  /** Over the last ten seconds. */
  readonly perSecond: number;
  /** ISO end of the ban that holds now. */
  readonly bannedUntil: string | null;
};

/** Numbers in steps of equal length, oldest first; the last step is still growing. */
export type LiveSeries = {
  readonly stepMs: number;
  readonly orders: readonly number[];
  readonly calls: readonly number[];
  readonly bans: readonly number[];
  /** Lag of each stream in milliseconds; null where nothing was known. */
  readonly lag: Readonly<Record<string, readonly (number | null)[]>>;
};

/** What is left of the work, as far as can be told. */
export type Estimate = {
  /** 0 to 1. */
  readonly share: number;
  readonly leftMs: number | null;
};

/** How one shop stands: its days by their manifests, its session. */
export type LiveShop = {
  readonly shop: string;
  readonly green: number;
  /** Red days, oldest first. */
  readonly red: readonly { readonly day: string; readonly reason: string }[];
  /** Days without a manifest between the first one and yesterday. */
  readonly unproven: number;
  /** Days begun until its session ends; null: nobody knows when. */
  readonly daysLeft: number | null;
};

/** The whole run at one moment: what the screen, the plain lines and the status page show. No personal data. */
export type LiveSnapshot = {
  readonly version: string;
  readonly mode: 'once' | 'run';
  readonly gateway: 'simulator' | 'real';
  readonly startedAt: string;
  readonly at: string;
  readonly elapsedMs: number;
  readonly streams: readonly LiveStream[];
  readonly queues: readonly LiveQueue[];
  readonly calls: readonly LiveCalls[];
  readonly tables: { readonly [name in 'orders' | 'leads' | 'adOrders' | 'items']: number };
  /** False until the tables' rows of earlier runs have been counted. */
  readonly tablesCounted: boolean;
  /** Lead checks answered and stored by this run. */
  readonly leadChecks: { readonly found: number; readonly none: number };
  readonly quarantine: number;
  readonly dues: { readonly due: number; readonly later: number; readonly nextDueAt: string | null };
  readonly halts: readonly Pick<Halt, 'shop' | 'method' | 'reason' | 'since'>[];
  readonly estimate: Estimate | null;
  /** Until what waits now is worked off; null when nothing does. */
  readonly drain: DrainTime | null;
  readonly shops: readonly LiveShop[];
  /** Calls a second that a method may have, all processes together. */
  readonly limits: Readonly<Record<string, number>>;
  readonly series: LiveSeries;
  /** The last orders that changed, newest first. */
  readonly recent: readonly { readonly orderId: string; readonly shop: string; readonly at: string }[];
  /** The last lines said, oldest first. */
  readonly notes: readonly string[];
};
