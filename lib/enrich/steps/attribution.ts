import { defineStep } from '../defineStep.ts';
import type { AdOrdersStore } from '../stores.ts';
import { summariseAttribution } from './attributionSummary.ts';

/** Facet `attribution`: the summary of the order's ad lines; stays absent while there is none. */
export const attribution = defineStep<{ readonly adOrders: Pick<AdOrdersStore, 'linesOf'> }>({
  name: 'attribution',
  onFailure: 'fail',
  run: async ({ order }, { adOrders }) => {
    const lines = await adOrders.linesOf(order.orderId);
    return lines.length === 0 ? {} : { attribution: summariseAttribution(lines) };
  },
});
