import * as z from 'zod';

/** What a limiter worker is told. */
export const workerOrderSchema = z.object({
  table: z.string(),
  callsPerSecond: z.number(),
  processes: z.number(),
  /** Calls that wait or run at once in the worker. */
  callers: z.number(),
  priority: z.enum(['live', 'sweep', 'backfill']),
  gateway: z.object({
    topUrl: z.string(),
    qimenUrl: z.string(),
    appKey: z.string(),
    appSecret: z.string(),
    session: z.string(),
  }),
});
export type WorkerOrder = z.infer<typeof workerOrderSchema>;

/** What it remembers; epoch milliseconds of this machine. */
export const workerReportSchema = z.object({
  starts: z.array(z.number()),
  bans: z.array(z.object({ at: z.number(), until: z.number() })),
});
export type WorkerReport = z.infer<typeof workerReportSchema>;
