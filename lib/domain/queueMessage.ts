import * as z from 'zod';
import { adLineSchema } from './adLine.ts';
import { leadRecordSchema } from './leadRecord.ts';
import { stepSchema } from './order.ts';
import { atField, idField } from './scalars.ts';
import { tradeFacetSchema } from './tradeFacet.ts';

const head = { v: z.lazy(() => z.literal(1)), shop: z.lazy(() => z.string()) };

/** Everything that travels through carferry's queues, always sealed. */
export const queueMessageSchema = z.lazy(() =>
  z.discriminatedUnion('kind', [
    /** orders queue: a new or changed trade. */
    z.strictObject({
      ...head,
      kind: z.literal('trade'),
      orderId: idField,
      observedAt: atField,
      hash: z.string(),
      trade: tradeFacetSchema,
    }),
    /** orders queue: steps to do again for an order that is already stored. */
    z.strictObject({
      ...head,
      kind: z.literal('due'),
      orderId: idField,
      reason: z.string(),
      steps: z.array(stepSchema),
    }),
    /** adOrders queue. */
    z.strictObject({ ...head, kind: z.literal('adLine'), line: adLineSchema }),
    /** leads queue: a pulled or pushed lead. */
    z.strictObject({ ...head, kind: z.literal('lead'), lead: leadRecordSchema }),
    /** leads queue: the order was asked for and has no lead. */
    z.strictObject({ ...head, kind: z.literal('noLead'), orderId: idField, observedAt: atField }),
  ]),
);
export type QueueMessage = z.infer<typeof queueMessageSchema>;
export type QueueMessageOf<Kind extends QueueMessage['kind']> = Extract<QueueMessage, { kind: Kind }>;
