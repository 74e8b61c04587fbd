import type { Sealed } from '../domain/personal.ts';
import { blindIndexes } from './blindIndex.ts';
import type { KeyProvider } from './keyProvider.ts';
import { unsealValue } from './sealRecord.ts';

/**
 * Every index under which the same phone may be stored: while the key of the blind index is rotated there are two, and
 * the phone must be opened to make the other one. Otherwise only the one it carries, without opening anything.
 *
 * @throws CarferryError of {@link unsealValue}
 */
export async function lookupIndexes(phone: Sealed | undefined, keys: KeyProvider): Promise<string[]> {
  if (phone?.index === undefined) return [];
  await keys.ready();
  if (keys.phoneHmacs('').length === 1) return [phone.index];
  return [...new Set([phone.index, ...blindIndexes(await unsealValue(phone, keys), keys)])];
}
