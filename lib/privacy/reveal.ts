import { type Sealed, sealedSchema } from '../domain/personal.ts';
import { type DataKey, entityIdOfKey, type KeyProvider } from './keyProvider.ts';
import { type Entity, isPlainObject, type Path, placeOf } from './place.ts';
import { openEnvelope } from './sealRecord.ts';

/** What stands for a value whose key was erased. */
export const ERASED = '(erased)';
const UNREADABLE = '(unreadable)';

/** Items are sealed once for all the orders that hold a copy of them: under `items.<item id>`. */
function expectedPlace(entity: Entity, path: Path): string {
  const [facet, itemId, ...rest] = path;
  if (entity.kind !== 'order' || facet !== 'items' || itemId === undefined) return placeOf(entity, path);
  return placeOf({ kind: 'quarantine', id: `item#${itemId}`, facet: 'item' }, rest);
}

/** Tells one envelope from all others. */
function nameOf({ envelope }: Sealed): string {
  return `${envelope.aad} ${envelope.iv} ${envelope.tag}`;
}

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
 * reads `(erased)`; one that was changed or copied here from elsewhere reads `(unreadable)`.
 *
 * @param record the whole stored record, from its root.
 */
export async function createReveal(
  record: unknown,
  entity: Entity,
  keys: KeyProvider,
): Promise<(sealed: Sealed) => string> {
  const dataKeys = new Map<string, DataKey | undefined>();
  const places = new Map<string, boolean>();
  for (const { sealed, path } of sealedIn(record, [])) {
    const { keyId, aad } = sealed.envelope;
    const name = nameOf(sealed);
    places.set(name, places.get(name) !== false && aad === expectedPlace(entity, path));
    if (!dataKeys.has(keyId)) dataKeys.set(keyId, await keys.readKey(entityIdOfKey(keyId)));
  }
  return (sealed) => {
    if (places.get(nameOf(sealed)) !== true) return UNREADABLE;
    const dataKey = dataKeys.get(sealed.envelope.keyId);
    if (dataKey?.keyId !== sealed.envelope.keyId) return ERASED;
    try {
      return openEnvelope(sealed, dataKey);
    } catch {
      return UNREADABLE;
    }
  };
}
