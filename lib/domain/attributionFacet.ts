import * as z from 'zod';
import { at, count, fen, id, text } from './scalars.ts';

/** Summary of an order's ad lines; facet `attribution` of an order. The last click before the order wins. */
export const attributionFacetSchema = z.lazy(() =>
  z.strictObject({
    lines: z.int(),
    firstClickAt: at,
    lastClickAt: at,
    /** The fields below come from the line with the last click. */
    channelId: id,
    channel: text,
    advertiserId: id,
    campaignId: id,
    adgroupId: id,
    creativeId: id,
    projectId: id,
    promotionId: id,
    prodType: count,
    clickAt: at,
    /** Distinct line statuses, ascending. */
    statusCodes: z.array(z.int()),
    statuses: z.array(z.string()),
    /** Sum over sub-orders of the winning click's line of status 2. */
    payFen: fen,
    /** Sum over sub-orders of the winning click's line of status 3. */
    refundFen: fen,
  }),
);
export type AttributionFacet = z.infer<typeof attributionFacetSchema>;
