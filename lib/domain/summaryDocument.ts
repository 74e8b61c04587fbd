import * as z from 'zod';
import { at, atField, count, text } from './scalars.ts';

const nonNegative = z.int().nonnegative();

/** What one stream of pullTrades or pullAdOrders did in one invocation. */
export const streamReportSchema = z.strictObject({
  stream: z.string(),
  source: z.enum(['trades', 'adOrders']),
  shop: text,
  lane: z.enum(['live', 'day', 'fortnight', 'quarter', 'backfill', 'reconcile']),
  from: at,
  to: at,
  watermark: at,
  windows: nonNegative,
  pages: nonNegative,
  rows: nonNegative,
  enqueued: nonNegative,
  unchanged: nonNegative,
  parked: nonNegative,
  openWindows: nonNegative,
  state: z.enum(['caught-up', 'more', 'held', 'halted', 'deferred', 'failed']),
  reason: text,
  until: at,
});
export type StreamReport = z.infer<typeof streamReportSchema>;

/** The summary of `npm start -- --once --json`. */
export const summaryDocument = z
  .strictObject({
    ok: z.boolean(),
    version: z.string(),
    gateway: z.enum(['simulator', 'real']),
    from: atField,
    to: atField,
    startedAt: atField,
    finishedAt: atField,
    shops: z.array(z.string()),
    /** Enough to make the same invented world again; absent with a real gateway. */
    simulator: z
      .strictObject({ seed: z.string(), anchorAt: nonNegative, trades: nonNegative, shops: nonNegative })
      .optional(),
    tables: z.strictObject({
      orders: nonNegative,
      leads: nonNegative,
      adOrders: nonNegative,
      items: nonNegative,
    }),
    facets: z.strictObject({
      cars: nonNegative,
      notCars: nonNegative,
      ordersWithLead: nonNegative,
      leadChecksDone: nonNegative,
      gaps: nonNegative,
    }),
    streams: z.array(streamReportSchema),
    calls: z.array(
      z.strictObject({
        method: z.string(),
        calls: nonNegative,
        ok: nonNegative,
        retried: nonNegative,
        failed: nonNegative,
        banned: nonNegative,
      }),
    ),
    queues: z.array(z.strictObject({ name: z.string(), waiting: nonNegative, dead: nonNegative })),
    parked: z.strictObject({
      count: nonNegative,
      reasons: z.array(z.strictObject({ reason: z.string(), count: nonNegative })),
    }),
    dues: z.strictObject({ later: nonNegative, nextDueAt: at }),
    incomplete: z.array(
      z.strictObject({ stream: z.string(), reason: z.string(), until: z.string().nullable() }),
    ),
    /** Plain words for a person. */
    advice: z.array(z.string()),
    functionsMemoryMb: count,
  })
  .meta({ title: 'carferry run summary', description: 'What `npm start -s -- --once --json` prints.' });
export type SummaryDocument = z.infer<typeof summaryDocument>;
