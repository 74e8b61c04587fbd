import { CarferryError } from '../core/errors.ts';
import { Clear, type Sealed, type SealedRecord } from '../domain/personal.ts';
import { decrypt, encrypt } from './aesGcm.ts';
import { blindIndex } from './blindIndex.ts';
import { type DataKey, entityIdOf, entityIdOfKey, isErased, type KeyProvider } from './keyProvider.ts';
import { maskOf } from './mask.ts';
import { type Entity, isPlainObject, type Path, placeOf } from './place.ts';

function holdsClear(value: unknown): boolean {
  if (value instanceof Clear) return true;
  if (Array.isArray(value)) return value.some(holdsClear);
  return isPlainObject(value) && Object.values(value).some(holdsClear);
}

/** Seals one value; the envelope is bound to `place`. */
function sealValue(clear: Clear, place: string, dataKey: DataKey, keys: KeyProvider): Sealed {
  const value = clear.reveal();
  const index = clear.kind === 'phone' ? blindIndex(value, keys) : undefined;
  return {
    mask: maskOf(clear.kind, value),
    ...(index === undefined ? {} : { index }),
    envelope: {
      v: 1,
      keyId: dataKey.keyId,
      aad: place,
      ...encrypt(dataKey.key, Buffer.from(value, 'utf8'), place),
    },
  };
}

type Sealer = (clear: Clear, path: Path) => Sealed;

function sealInside(value: unknown, path: Path, seal: Sealer): unknown {
  if (value instanceof Clear) return seal(value, path);
  if (Array.isArray(value)) return value.map((element, at) => sealInside(element, [...path, at], seal));
  if (!isPlainObject(value)) return value;
  // fromEntries defines members, so that an upstream `__proto__` stays a member and changes no prototype.
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      // Most members: without a path that nobody reads.
      if (typeof member !== 'object') return [key, member];
      return [member instanceof Clear ? `${key}Sealed` : key, sealInside(member, [...path, key], seal)];
    }),
  );
}

/** The record without its personal values, at any depth. */
function withoutClear(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((one) => !(one instanceof Clear)).map(withoutClear);
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => !(member instanceof Clear))
      .map(([key, member]) => [key, withoutClear(member)]),
  );
}

/**
 * Replaces every `Clear` field `x`, at any depth, by `xSealed`: mask, blind index (phones) and an envelope
 * bound to entity, id and field. Everything else is kept as it is. A record without `Clear` asks for no key.
 * Of an entity that was erased only what is not personal is left: its `xSealed` fields are absent.
 *
 * @throws CarferryError of the key provider, e.g. `halt` `wrong-data-key`.
 */
export function sealRecord<T>(record: T, entity: Entity, keys: KeyProvider): Promise<SealedRecord<T>>;
export async function sealRecord(record: unknown, entity: Entity, keys: KeyProvider): Promise<unknown> {
  if (!holdsClear(record)) return record;
  let dataKey: DataKey;
  try {
    dataKey = await keys.keyFor(entityIdOf(entity.keyOf ?? entity));
  } catch (thrown) {
    if (isErased(thrown)) return withoutClear(record);
    throw thrown;
  }
  return sealInside(record, [], (clear, path) => sealValue(clear, placeOf(entity, path), dataKey, keys));
}

function refused(
  reason: 'key-erased' | 'unreadable-envelope',
  message: string,
  place: string,
): CarferryError {
  return new CarferryError({ disposition: 'park', reason, message, field: place });
}

/** Decrypts with a key in hand; shared by {@link unsealValue} and `createReveal`. */
export function openEnvelope(sealed: Sealed, dataKey: DataKey | undefined, place?: string): string {
  const { envelope } = sealed;
  if (place !== undefined && place !== envelope.aad) {
    throw refused(
      'unreadable-envelope',
      'a sealed value stands in another place than it was made for',
      place,
    );
  }
  if (dataKey === undefined || dataKey.keyId !== envelope.keyId) {
    throw refused('key-erased', 'the data key of a sealed value has been erased', envelope.aad);
  }
  const plain = decrypt(dataKey.key, envelope, envelope.aad);
  if (plain === undefined) {
    throw refused('unreadable-envelope', 'a sealed value was changed after it was sealed', envelope.aad);
  }
  return plain.toString('utf8');
}

/**
 * The value in clear. Pass `place` (see `placeOf`) wherever it is known: only then is an envelope that was
 * copied whole from another field or entity refused.
 *
 * @throws CarferryError `park`: `key-erased`, or `unreadable-envelope` for tampering or another place.
 */
export async function unsealValue(sealed: Sealed, keys: KeyProvider, place?: string): Promise<string> {
  return openEnvelope(sealed, await keys.readKey(entityIdOfKey(sealed.envelope.keyId)), place);
}
