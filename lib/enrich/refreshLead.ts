import { withoutAbsent } from '../domain/absent.ts';
import { leadItemOf } from '../domain/leadRecord.ts';
import { type OrderRecord, summariseOrder } from '../domain/order.ts';
import type { LeadsStore } from './stores.ts';

/**
 * Gives the order's lead, if it has one, what is known of order, item and ads. Older summaries never replace
 * newer ones, so this may run at any time and as often as one likes.
 */
export async function refreshLead(
  order: OrderRecord,
  leads: Pick<LeadsStore, 'writeSummaries'>,
): Promise<void> {
  if (!order.lead) return;
  const summary = summariseOrder(order);
  const item = summary.itemId === undefined ? undefined : order.items?.[summary.itemId];
  await leads.writeSummaries(
    order.lead.leadId,
    withoutAbsent({
      order: summary,
      item: item && leadItemOf(item),
      attribution: order.attribution,
      orderRev: order.rev,
    }),
  );
}
