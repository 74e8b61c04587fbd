import { createHash } from 'node:crypto';
import { toIso } from '../../lib/domain/chinaTime.ts';
import { blindIndexes } from '../../lib/privacy/blindIndex.ts';
import { entityIdOf, type KeyProvider } from '../../lib/privacy/keyProvider.ts';
import type { Stores } from '../local/stores.ts';

/** What is known of a person: orders, and leads that belong to none of them. */
export type Person = { readonly orders: readonly string[]; readonly leads: readonly string[] };

/** The order and all its leads. */
export async function personOfOrder(orderId: string, stores: Stores): Promise<Person> {
  const known = (await stores.orders.read(orderId)) ?? (await stores.keys.read(orderKey(orderId)));
  return { orders: known === undefined ? [] : [orderId], leads: [] };
}

/** Every order and lead stored with this phone, whatever generation of the blind index it was stored under. */
export async function personOfPhone(
  phone: string,
  stores: Stores,
  keys: Pick<KeyProvider, 'ready' | 'phoneHmacs'>,
): Promise<Person> {
  await keys.ready();
  const orders = new Set<string>();
  const leads = new Set<string>();
  for (const index of blindIndexes(phone, keys)) {
    for (const orderId of await stores.orders.idsByPhone(index)) orders.add(orderId);
    for (const leadId of await stores.leads.idsByPhone(index)) {
      const lead = await stores.leads.read(leadId);
      // A pulled lead is sealed under its order's key.
      if (lead?.source === 'pulled' && lead.orderId !== undefined) orders.add(lead.orderId);
      else leads.add(leadId);
    }
  }
  return { orders: [...orders], leads: [...leads] };
}

/** Everybody who was erased before: after tables were restored from a backup that is older. */
export async function personsErased(stores: Stores): Promise<Person> {
  const orders: string[] = [];
  const leads: string[] = [];
  for await (const { entityId, erasedAt } of stores.keys.scan()) {
    if (erasedAt === undefined) continue;
    const [kind, id = ''] = entityId.split('|');
    if (kind === 'order') orders.push(decodeURIComponent(id));
    if (kind === 'lead') leads.push(decodeURIComponent(id));
  }
  return { orders, leads };
}

export type Erased = { readonly orders: number; readonly leads: number };

/**
 * Erases for good: tombstones and keys first, so that nobody is given one from then on; then what hangs on an order or
 * lead, and that itself last, because it is found by its blind index. Cut off anywhere, it is completed by the same call.
 */
export async function erasePerson(
  person: Person,
  reason: string,
  stores: Stores,
  now: () => number = Date.now,
): Promise<Erased> {
  const reasonHash = createHash('sha256').update(reason, 'utf8').digest('hex');
  const shred = async (entityId: string): Promise<string> => {
    const erasedAt = await stores.keys.entomb(entityId, { erasedAt: toIso(now()), reasonHash });
    await stores.keys.shred(entityId);
    return erasedAt;
  };
  const ordersAt = new Map<string, string>();
  const leadsAt = new Map<string, string>();
  for (const orderId of person.orders) ordersAt.set(orderId, await shred(orderKey(orderId)));
  for (const leadId of person.leads) {
    leadsAt.set(leadId, await shred(entityIdOf({ kind: 'lead', id: leadId })));
  }
  await dropParked(person, stores, shred);
  const leads = new Set<string>();
  for (const [orderId, erasedAt] of ordersAt) {
    for (const leadId of await eraseOrder(orderId, erasedAt, stores)) leads.add(leadId);
  }
  for (const [leadId, erasedAt] of leadsAt) {
    if (await stores.leads.erase(leadId, erasedAt)) leads.add(leadId);
  }
  return { orders: ordersAt.size, leads: leads.size };
}

/** An order, its leads and lines; answers the ids of its leads. */
async function eraseOrder(orderId: string, erasedAt: string, stores: Stores): Promise<Set<string>> {
  const erased = new Set<string>();
  const eraseParts = async (newest?: string): Promise<void> => {
    const leadIds = await stores.leads.idsOfOrder(orderId);
    // The index is a moment behind; the order itself knows its newest lead.
    for (const leadId of new Set(newest === undefined ? leadIds : [...leadIds, newest])) {
      if (await stores.leads.erase(leadId, erasedAt)) erased.add(leadId);
    }
    await stores.adOrders.erase(orderId);
  };
  await eraseParts();
  const order = await stores.orders.erase(orderId, erasedAt);
  // What came meanwhile; whatever comes later finds the order marked.
  await eraseParts(order?.lead?.leadId);
  return erased;
}

/** What was parked of these orders and leads loses its payload. */
async function dropParked(
  { orders, leads }: Person,
  stores: Stores,
  shred: (entityId: string) => Promise<string>,
): Promise<void> {
  const [ofOrders, ofLeads] = [new Set(orders), new Set(leads.map((leadId) => `leads#lead#${leadId}`))];
  for await (const { quarantineId, orderId, payloadSealed } of stores.quarantine.list()) {
    if (payloadSealed === undefined) continue;
    if (!ofLeads.has(quarantineId) && (orderId === undefined || !ofOrders.has(orderId))) continue;
    // A body that was parked under a key of its own.
    const own = entityIdOf({ kind: 'quarantine', id: quarantineId });
    if (payloadSealed.envelope.keyId.startsWith(`${own}#`)) await shred(own);
    await stores.quarantine.dropPayload(quarantineId);
  }
}

function orderKey(orderId: string): string {
  return entityIdOf({ kind: 'order', id: orderId });
}
