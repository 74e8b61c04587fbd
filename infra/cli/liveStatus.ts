import * as z from 'zod';

/** The part of a running system's status.json that its tables and queues do not tell. */
const liveSchema = z.object({
  queues: z.array(z.object({ name: z.string(), oldestMs: z.number().nullable() })),
  calls: z.array(
    z.object({
      method: z.string(),
      calls: z.number(),
      perSecond: z.number(),
      retried: z.number(),
      banned: z.number(),
      failed: z.number(),
      bannedUntil: z.string().nullable(),
    }),
  ),
  estimate: z.object({ share: z.number(), leftMs: z.number().nullable() }).nullish(),
  drain: z.object({ leftMs: z.number(), by: z.enum(['last-minutes', 'rates']) }).nullish(),
});
export type LiveStatus = z.infer<typeof liveSchema>;

const PATIENCE_MS = 2_000;

/** Asks the status page of the run; undefined when there is none or it does not answer. */
export async function readLive(pageUrl: string | undefined): Promise<LiveStatus | undefined> {
  if (pageUrl === undefined) return undefined;
  try {
    const response = await fetch(`${pageUrl}status.json`, { signal: AbortSignal.timeout(PATIENCE_MS) });
    return liveSchema.safeParse(await response.json()).data;
  } catch {
    return undefined;
  }
}
