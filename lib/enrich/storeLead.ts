import { CarferryError } from '../core/errors.ts';
import type { LeadRecord } from '../domain/leadRecord.ts';
import type { OrderLead, OrderRecord } from '../domain/order.ts';
import type { QueueMessageOf } from '../domain/queueMessage.ts';
import { linkLeads } from './linkLeads.ts';
import { refreshLead } from './refreshLead.ts';
import type { LeadsStore, OrdersStore, RunLimits } from './stores.ts';

export type StoreLeadDeps = {
  readonly leads: LeadsStore;
  readonly orders: Pick<OrdersStore, 'read' | 'writeFacets'>;
};

const MOST_PASSES = 5;

/** The flow of leads: store, tell the order, give the lead what the order knows, link leads of one person. */
export function createLeadStorer({ leads, orders }: StoreLeadDeps) {
  return {
    onLead: async ({ lead }: QueueMessageOf<'lead'>, limits: RunLimits): Promise<void> => {
      await leads.writeLead(lead);
      if (lead.source === 'pulled' && lead.orderId !== undefined) {
        limits.signal.throwIfAborted();
        const { orderId, shop, observedAt } = lead;
        const order = await tellOrder({ orderId, shop, observedAt }, (known) => leadOf(known, lead.leadId));
        if (order !== undefined) await refreshLead(order, leads);
      }
      limits.signal.throwIfAborted();
      await linkLeads(lead, leads);
    },
    /** "No lead" is noted only where nothing is known: it never replaces a lead. */
    onNoLead: async ({ orderId, shop, observedAt }: QueueMessageOf<'noLead'>): Promise<void> => {
      await tellOrder({ orderId, shop, observedAt }, async (known) => known ?? null);
    },
  };

  /** Writes facet `lead` as `choose` decides from the one stored; answers the order as it is then. */
  async function tellOrder(
    { orderId, shop, observedAt }: { orderId: string; shop: string; observedAt: string },
    choose: (known: OrderLead | null | undefined) => Promise<OrderLead | null>,
  ): Promise<OrderRecord | undefined> {
    for (let pass = 1; pass <= MOST_PASSES; pass += 1) {
      const order = await orders.read(orderId);
      const value = await choose(order?.lead);
      if (order !== undefined && isSame(order.lead, value)) return order;
      const written = await orders.writeFacets({
        orderId,
        shop: order?.shop ?? shop,
        firstSeenAt: order?.firstSeenAt ?? observedAt,
        facets: { lead: { value, rev: order?.leadRev ?? 0 } },
      });
      if (written.outcome === 'written') return written.order;
    }
    throw contended();
  }

  /** The stored lead decides, not the message: an older message must not bring an older status back. */
  async function leadOf(known: OrderLead | null | undefined, leadId: string): Promise<OrderLead> {
    const stored = await leads.read(leadId);
    const other = known && known.leadId !== leadId ? await leads.read(known.leadId) : undefined;
    const chosen = [stored, other].filter((lead) => lead !== undefined).sort(newestFirst)[0];
    if (chosen === undefined) return { leadId };
    const { orderStatus } = chosen;
    return { leadId: chosen.leadId, ...(orderStatus !== undefined && { statusCode: orderStatus }) };
  }
}

/** An order asked for twice may name two leads; the later one counts, in whatever order they arrive. */
function newestFirst(a: LeadRecord, b: LeadRecord): number {
  const [keyOfA, keyOfB] = [`${a.createdAt}#${a.leadId}`, `${b.createdAt}#${b.leadId}`];
  return keyOfA < keyOfB ? 1 : -1;
}

function isSame(stored: OrderLead | null | undefined, wanted: OrderLead | null): boolean {
  if (!stored || !wanted) return stored === wanted;
  return stored.leadId === wanted.leadId && stored.statusCode === wanted.statusCode;
}

function contended(): CarferryError {
  return new CarferryError({
    disposition: 'retry',
    reason: 'order-contended',
    message: 'the order changed during every attempt to write its lead',
  });
}
