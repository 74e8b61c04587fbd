import { CarferryError } from '../core/errors.ts';
import { type Sealed, sealedSchema } from '../domain/personal.ts';
import { type DataKey, entityIdOfKey, type KeyProvider } from './keyProvider.ts';
import { type Entity, isPlainObject, type Path, placeOf } from './place.ts';
import { openEnvelope } from './sealRecord.ts';

const ERASED = '(erased)';

function clearName(key: string): string {
  return key.endsWith('Sealed') ? key.slice(0, -'Sealed'.length) : key;
}

/** Every sealed value in a stored record with its place in the names of the clear record. */
function* sealedIn(value: unknown, path: Path): Generator<{ sealed: Sealed; path: Path }> {
  if (Array.isArray(value)) {
    for (const [at, element] of value.entries()) yield* sealedIn(element, [...path, at]);
    return;
  }
  if (!isPlainObject(value)) return;
  const sealed = sealedSchema.safeParse(value);
  if (sealed.success) {
    yield { sealed: sealed.data, path };
    return;
  }
  for (const [key, member] of Object.entries(value)) {
    const name = sealedSchema.safeParse(member).success ? clearName(key) : key;
    yield* sealedIn(member, [...path, name]);
  }
}

/**
 * Loads every key that a stored record needs and checks that each envelope stands where it was made for;
 * the function returned then opens the record's sealed values without waiting. A value whose key was erased
 * reads `(erased)`.
 *
 * @param record the whole stored record, from its root.
 * @throws CarferryError `park`, `unreadable-envelope`, when an envelope was moved here from elsewhere.
 */
export async function createReveal(
  record: unknown,
  entity: Entity,
  keys: KeyProvider,
): Promise<(sealed: Sealed) => string> {
  const dataKeys = new Map<string, DataKey | undefined>();
  for (const { sealed, path } of sealedIn(record, [])) {
    const { keyId, aad } = sealed.envelope;
    if (aad !== placeOf(entity, path)) {
      throw new CarferryError({
        disposition: 'park',
        reason: 'unreadable-envelope',
        message: 'a sealed value stands in another place than it was made for',
        field: placeOf(entity, path),
      });
    }
    if (!dataKeys.has(keyId)) dataKeys.set(keyId, await keys.readKey(entityIdOfKey(keyId)));
  }
  return (sealed) => {
    const dataKey = dataKeys.get(sealed.envelope.keyId);
    return dataKey?.keyId === sealed.envelope.keyId ? openEnvelope(sealed, dataKey) : ERASED;
  };
}
