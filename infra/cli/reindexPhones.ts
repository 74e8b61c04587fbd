import { isDeepStrictEqual } from 'node:util';
import { type Sealed, sealedSchema } from '../../lib/domain/personal.ts';
import { blindIndex } from '../../lib/privacy/blindIndex.ts';
import type { KeyProvider } from '../../lib/privacy/keyProvider.ts';
import { unsealValue } from '../../lib/privacy/sealRecord.ts';
import type { Stores } from '../local/stores.ts';

export type Reindexed = { readonly changed: number; readonly kept: number };

/**
 * Brings the blind index of every stored order and lead to the present key. Each row is written only as it was read; a
 * row changed meanwhile is left to the next pass. A pass that changes nothing says that all is done.
 */
export async function reindexPhones(
  stores: Pick<Stores, 'orders' | 'leads'>,
  keys: KeyProvider,
): Promise<Reindexed> {
  await keys.ready();
  let [changed, kept] = [0, 0];
  const note = (outcome: 'written' | 'stale' | 'kept'): void => {
    if (outcome === 'kept') kept += 1;
    else changed += 1;
  };
  for await (const order of stores.orders.scan()) {
    const { trade, car } = order;
    const renewed = await renewIndexes({ trade, car }, keys);
    const phoneIndex = renewed.car?.buyerPhoneSealed?.index;
    const isSame = isDeepStrictEqual(renewed, { trade, car }) && order.phoneIndex === phoneIndex;
    note(isSame ? 'kept' : await stores.orders.reindex(order, { ...renewed, phoneIndex }));
  }
  for await (const lead of stores.leads.scan()) {
    const renewed = await renewIndexes(lead, keys);
    const next = { ...renewed, phoneIndex: renewed.phoneSealed?.index };
    const isSame = isDeepStrictEqual(next, { ...lead, phoneIndex: lead.phoneIndex });
    note(isSame ? 'kept' : await stores.leads.reindex(lead, next));
  }
  return { changed, kept };
}

/** The record with every index of a phone made anew, at any depth; one whose key was erased loses it. */
async function renewIndexes<T>(record: T, keys: KeyProvider): Promise<T>;
async function renewIndexes(value: unknown, keys: KeyProvider): Promise<unknown> {
  if (Array.isArray(value)) return await Promise.all(value.map((one) => renewIndexes(one, keys)));
  if (typeof value !== 'object' || value === null) return value;
  const sealed = 'envelope' in value ? sealedSchema.safeParse(value) : undefined;
  if (sealed?.success === true) return await renewIndex(sealed.data, keys);
  const members = Object.entries(value).map(async ([name, member]) => [
    name,
    await renewIndexes(member, keys),
  ]);
  return Object.fromEntries(await Promise.all(members));
}

async function renewIndex(sealed: Sealed, keys: KeyProvider): Promise<Sealed> {
  const { index: former, ...rest } = sealed;
  if (former === undefined) return sealed;
  const index = await unsealValue(sealed, keys).then(
    (phone) => blindIndex(phone, keys),
    () => undefined,
  );
  return index === undefined ? rest : { ...rest, index };
}
