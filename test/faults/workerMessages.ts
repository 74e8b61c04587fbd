import * as z from 'zod';

/** What the harness tells a worker process. */
export const orderSchema = z.discriminatedUnion('kind', [
  /** A new environment: every function starts cold at its next invocation. */
  z.object({ kind: z.literal('begin'), cell: z.string(), environment: z.record(z.string(), z.string()) }),
  /** The clock of this process runs this much ahead of the host's. */
  z.object({ kind: z.literal('clock'), offsetMs: z.number() }),
  /** Loads a function without calling it. */
  z.object({ kind: z.literal('warm'), name: z.string() }),
  z.object({
    kind: z.literal('invoke'),
    id: z.number(),
    name: z.string(),
    event: z.unknown(),
    timeoutMs: z.number(),
  }),
]);
export type Order = z.infer<typeof orderSchema>;

/** What a worker process answers. */
export const answerSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready') }),
  z.object({ kind: z.literal('ended'), id: z.number(), result: z.unknown(), rss: z.number() }),
  z.object({ kind: z.literal('threw'), id: z.number(), reason: z.string(), rss: z.number() }),
]);
export type Answer = z.infer<typeof answerSchema>;
