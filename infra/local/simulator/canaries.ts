import type { NodeMap } from './json.ts';
import type { Realm } from './realm.ts';
import { publishedPersonalValues } from './samples/sampleShop.ts';

/** Every personal value of the trades up to `at` (epoch ms); the published samples' own stand apart. */
export function canariesOf(realm: Realm, at: number): NodeMap {
  const names = new Set<string>();
  const nicks = new Set<string>();
  const phones = new Set<string>();
  const identityNumbers = new Set<string>();
  const addresses = new Set<string>();
  for (const { buyer, lead } of realm.world.trades(at)) {
    names.add(buyer.name);
    nicks.add(buyer.nick);
    phones.add(buyer.mobile);
    if (lead !== undefined) phones.add(lead.phone);
    identityNumbers.add(buyer.identityNumber);
    addresses.add(buyer.address);
  }
  return {
    names: [...names],
    nicks: [...nicks],
    phones: [...phones],
    identityNumbers: [...identityNumbers],
    addresses: [...addresses],
    published: publishedPersonalValues,
  };
}
