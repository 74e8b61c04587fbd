import * as z from 'zod';
import { LANE_NAMES } from './lanes.ts';

const time = z.lazy(() => z.iso.datetime({ offset: true }));

/** Input of `pullTrades` and `pullAdOrders`. */
export const pullInputSchema = z.lazy(() =>
  z
    .strictObject({
      lane: z.enum(LANE_NAMES),
      /** Live: where a stream without a watermark begins. Sweep and backfill: where they begin. */
      from: time.optional(),
      /** Default: now − settle. */
      until: time.optional(),
      /** With `until`: only a sweep that reaches it counts; one that ends before begins again. */
      fresh: z.boolean().optional(),
      /** A sweep or backfill that finished before this time is done again. */
      since: time.optional(),
      /** Only this shop; default all. Needed by `reconcile`. */
      shop: z.string().min(1).optional(),
      /** Reconcile: the Beijing day, `yyyy-MM-dd`. */
      day: z.iso.date().optional(),
      /** Reconcile: also ask again for what no hash of the trade can vouch for; default true. See docs/adr/0017. */
      reask: z.boolean().optional(),
    })
    .refine(({ lane, from, until }) => lane !== 'backfill' || (from !== undefined && until !== undefined), {
      error: 'a backfill needs from and until',
      path: ['from'],
    })
    .refine(({ lane, shop, day }) => lane !== 'reconcile' || (shop !== undefined && day !== undefined), {
      error: 'a reconcile needs shop and day',
      path: ['day'],
    }),
);
export type PullInput = z.output<typeof pullInputSchema>;

/** Input of `pullLeads` and `enqueueDues`. */
export const duesInputSchema = z.lazy(() =>
  z.strictObject({
    /** Dues up to this time; default now. */
    until: time.optional(),
  }),
);
export type DuesInput = z.output<typeof duesInputSchema>;

/** The invocation's limits; `RunContext` of lib/lambda. */
export type RunLimits = {
  /** Epoch milliseconds; leaves a reserve for storing the place. */
  readonly deadline: number;
  readonly signal: AbortSignal;
  readonly requestId: string;
};
