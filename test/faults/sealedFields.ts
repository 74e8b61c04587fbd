import { type Sealed, sealedSchema } from '../../lib/domain/personal.ts';
import { createLocalKeys } from '../../lib/privacy/localKeys.ts';
import type { Entity } from '../../lib/privacy/place.ts';
import { createReveal } from '../../lib/privacy/reveal.ts';
import type { Bench } from './bench.ts';
import type { Finding } from './watch.ts';

function* sealedIn(value: unknown): Generator<Sealed> {
  const sealed = sealedSchema.safeParse(value);
  if (sealed.success) {
    yield sealed.data;
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const member of Object.values(value)) yield* sealedIn(member);
}

/** What `reveal` says instead of a value. */
const UNREAD = /^\((erased|unreadable)\)$/;

const keysOf = (bench: Bench) =>
  createLocalKeys({
    masterKey: Buffer.from(bench.dataKey, 'base64'),
    table: bench.ground().stores.keys,
  });

/** Sealed values that the stored keys do not open: a key made twice loses what was sealed under the other. */
export async function unreadable(bench: Bench): Promise<Finding[]> {
  const { stores } = bench.ground();
  const keys = keysOf(bench);
  const findings: Finding[] = [];
  let opened = 0;
  const look = async (record: unknown, entity: Entity): Promise<void> => {
    const reveal = await createReveal(record, entity, keys);
    for (const sealed of sealedIn(record)) {
      opened += 1;
      if (!UNREAD.test(reveal(sealed))) continue;
      findings.push({ kind: 'lost', what: `a sealed value of ${entity.kind} ${entity.id} does not open` });
      return;
    }
  };
  for await (const order of stores.orders.scan()) await look(order, { kind: 'order', id: order.orderId });
  for await (const lead of stores.leads.scan()) await look(lead, { kind: 'lead', id: lead.leadId });
  if (opened === 0) findings.push({ kind: 'lost', what: 'no sealed value at all' });
  return findings;
}

/** How many sealed values of an order and its leads can be read. */
export async function readable(bench: Bench, orderId: string): Promise<number> {
  const { stores } = bench.ground();
  const keys = keysOf(bench);
  let count = 0;
  const look = async (record: unknown, entity: Entity): Promise<void> => {
    const reveal = await createReveal(record, entity, keys);
    for (const sealed of sealedIn(record)) if (!UNREAD.test(reveal(sealed))) count += 1;
  };
  const order = await stores.orders.read(orderId);
  if (order !== undefined) await look(order, { kind: 'order', id: orderId });
  for await (const lead of stores.leads.scan()) {
    if (lead.orderId === orderId) await look(lead, { kind: 'lead', id: lead.leadId });
  }
  return count;
}
