import * as z from 'zod';
import type { Retention } from '../store/retention.ts';

/** TOP lists trades of 92 days: what goes earlier would come back with the next sweep. */
const LEAST_DAYS = 93;

/** `RETENTION_DAYS`: how long rows are kept after their last observation; 0: for good. */
export const retentionVariables = {
  RETENTION_DAYS: z.lazy(() =>
    z.coerce
      .number()
      .int()
      .max(36_500)
      .refine((days) => days === 0 || days >= LEAST_DAYS, {
        error: `expected 0 (keep for good) or at least ${LEAST_DAYS}`,
      })
      .default(0),
  ),
};

/** The same as the tables want it. */
export function retentionOf(config: z.output<z.ZodObject<typeof retentionVariables>>): Retention {
  return { days: config.RETENTION_DAYS };
}
