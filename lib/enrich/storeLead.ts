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
  /** Every blind index of the lead's phone, while their key is rotated; absent: the one it carries. */
  readonly indexesOf?: ((lead: LeadRecord) => Promise<readonly string[]>) | undefined;
};

/** The order that a message is about, and when the source was asked. */
type OrderOfLead = { readonly orderId: string; readonly shop: string; readonly observedAt: string };

const MOST_PASSES = 5;

/** The flow of leads: store, tell the order, give the lead what the order knows, link leads of one person. */
export function createLeadStorer({ leads, orders, indexesOf }: StoreLeadDeps) {
  return {
    onLead: async ({ lead }: QueueMessageOf<'lead'>, limits: RunLimits): Promise<void> => {
      const outcome = await leads.writeLead(lead);
      if (lead.source === 'pulled' && lead.orderId !== undefined) {
        limits.signal.throwIfAborted();
        const { orderId, shop, observedAt } = lead;
        const about = { orderId, shop, observedAt };
        // What was just written is the newest; who brings a newer one finds this facet and compares.
        const first = outcome === 'written' ? await tellFirst(about, nameOf(lead)) : undefined;
        const order = first ?? (await tellOrder(about, (known) => leadOf(known, lead.leadId)));
        if (order !== undefined) await refreshLead(order, leads);
        // A lead that the erasure of its order could not find yet: it was on its way.
        if (order?.erasedAt !== undefined) await leads.erase(lead.leadId, order.erasedAt);
      }
      limits.signal.throwIfAborted();
      if (lead.phoneIndex === undefined) return;
      await linkLeads(lead, leads, (await indexesOf?.(lead)) ?? [lead.phoneIndex]);
    },
    /** "No lead" is noted only where nothing is known: it never replaces a lead. */
    onNoLead: async ({ orderId, shop, observedAt }: QueueMessageOf<'noLead'>): Promise<void> => {
      const about = { orderId, shop, observedAt };
      const first = await tellFirst(about, null);
      if (first === undefined) await tellOrder(about, async (known) => known ?? null);
    },
  };

  /** Writes facet `lead` where there is none yet, which is the rule; undefined when there is one. */
  async function tellFirst(
    { orderId, shop, observedAt }: OrderOfLead,
    value: OrderLead | null,
  ): Promise<OrderRecord | undefined> {
    const facets = { lead: { value, rev: 0 } };
    const written = await orders.writeFacets({ orderId, shop, firstSeenAt: observedAt, facets });
    return written.outcome === 'written' ? written.order : undefined;
  }

  /** Writes facet `lead` as `choose` decides from the one stored; answers the order as it is then. */
  async function tellOrder(
    { orderId, shop, observedAt }: OrderOfLead,
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
    return chosen === undefined ? { leadId } : nameOf(chosen);
  }
}

/** What an order says of its lead. */
function nameOf({ leadId, orderStatus }: LeadRecord): OrderLead {
  return { leadId, ...(orderStatus !== undefined && { statusCode: orderStatus }) };
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
