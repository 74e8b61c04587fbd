import { type OrderRecord, STEPS, type Step } from '../domain/order.ts';
import { fromItem, type Item } from './items.ts';
import { EXPIRES_AT } from './retention.ts';

/** Attribute that names why a step could not be done, e.g. `carGap`. */
export function gapOf(step: Step): `${Step}Gap` {
  return `${step}Gap`;
}

/** Attribute that counts the writes of a facet, e.g. `carRev`. */
export function revOf(step: Step): `${Step}Rev` {
  return `${step}Rev`;
}

/** The index keys of an order: its Beijing day, and its place within the day. */
export function orderIndexKeys(shop: string, createdAt: string, orderId: string) {
  return { shopDay: `${shop}#${createdAt.slice(0, 10)}`, createdAtOrderId: `${createdAt}#${orderId}` };
}

/** An order as programs see it: index keys left out, `owes` and the gaps gathered. */
export function toOrder(item: Item): OrderRecord {
  const record = fromItem(item);
  const gaps: Partial<Record<Step, string>> = {};
  for (const step of STEPS) {
    const gap: unknown = record[gapOf(step)];
    if (typeof gap === 'string') gaps[step] = gap;
    delete record[gapOf(step)];
  }
  for (const name of ['shopDay', 'createdAtOrderId', EXPIRES_AT]) delete record[name];
  const { owes, ...rest } = record;
  const owed: ReadonlySet<string> = owes ?? new Set<string>();
  return {
    ...rest,
    orderId: rest['orderId'],
    shop: rest['shop'],
    firstSeenAt: rest['firstSeenAt'],
    rev: rest['rev'],
    owes: STEPS.filter((step) => owed.has(step)),
    gaps,
  };
}
