import { createHmac, randomBytes } from 'node:crypto';
import { CarferryError } from '../core/errors.ts';
import { decrypt, encrypt } from './aesGcm.ts';
import { createKeyCache } from './keyCache.ts';
import { type DataKey, HMAC_PURPOSES, type HmacPurpose, type KeyProvider } from './keyProvider.ts';
import { expandMasterKey } from './masterKey.ts';

/** What the provider needs of table `keys`; `wrapped` is one line of text. */
export type WrappedKeys = {
  read(entityId: string): Promise<string | undefined>;
  /** Stores by conditional put and answers the row that is there afterwards, ours or an earlier one. */
  create(entityId: string, wrapped: string): Promise<string>;
};

const DATA_KEY_BYTES = 32;
const DEFAULT_CACHE_SIZE = 1_000;

/** `1.generation.iv.ct.tag`; base64 holds no dot. */
const WRAPPED = /^1\.([0-9a-f]{16})\.([^.]+)\.([^.]+)\.([^.]+)$/;

function wrap(wrappingKey: Uint8Array, entityId: string): string {
  const generation = randomBytes(8).toString('hex');
  const sealed = encrypt(wrappingKey, randomBytes(DATA_KEY_BYTES), `${entityId}#${generation}`);
  return `1.${generation}.${sealed.iv}.${sealed.ct}.${sealed.tag}`;
}

function unwrap(wrappingKey: Uint8Array, entityId: string, wrapped: string): DataKey {
  const parts = WRAPPED.exec(wrapped);
  if (parts === null) {
    throw new CarferryError({
      disposition: 'park',
      reason: 'unknown-key-format',
      message: 'a stored data key has a form this version does not know',
      hint: 'run the version of carferry that wrote it, or a newer one',
    });
  }
  const [, generation = '', iv = '', ct = '', tag = ''] = parts;
  const keyId = `${entityId}#${generation}`;
  const key = decrypt(wrappingKey, { iv, ct, tag }, keyId);
  if (key === undefined) {
    throw new CarferryError({
      disposition: 'halt',
      scope: 'app',
      reason: 'wrong-data-key',
      message: 'a stored data key was not wrapped by this master key',
      field: 'CARFERRY_DATA_KEY',
      hint: 'set CARFERRY_DATA_KEY to the key these tables were written with, or use another data folder',
    });
  }
  return { keyId, key };
}

/**
 * Data keys wrapped by a local master key (AES-256-GCM, bound to the entity id) and kept in table `keys`.
 * KMS will stand behind the same {@link KeyProvider}.
 *
 * @throws CarferryError `halt`, `wrong-data-key`, from `keyFor` and `readKey` when the master key is another.
 */
export function createLocalKeys(deps: {
  readonly masterKey: Uint8Array;
  readonly table: WrappedKeys;
  readonly cacheSize?: number;
}): KeyProvider {
  const { masterKey, table } = deps;
  const wrappingKey = expandMasterKey(masterKey, 'wrap');
  const hmacKeys = new Map<HmacPurpose, Buffer>(
    HMAC_PURPOSES.map((purpose) => [purpose, expandMasterKey(masterKey, purpose)]),
  );
  const cache = createKeyCache(deps.cacheSize ?? DEFAULT_CACHE_SIZE);

  async function make(entityId: string): Promise<DataKey> {
    const stored = await table.read(entityId);
    return unwrap(
      wrappingKey,
      entityId,
      stored ?? (await table.create(entityId, wrap(wrappingKey, entityId))),
    );
  }

  async function read(entityId: string): Promise<DataKey | undefined> {
    const stored = await table.read(entityId);
    return stored === undefined ? undefined : unwrap(wrappingKey, entityId, stored);
  }

  return {
    keyFor: async (entityId) => (await cache.get(entityId, 'make', () => make(entityId))) ?? make(entityId),
    readKey: (entityId) => cache.get(entityId, 'read', () => read(entityId)),
    hmac(purpose, text) {
      const key = hmacKeys.get(purpose) ?? expandMasterKey(masterKey, purpose);
      return createHmac('sha256', key).update(text, 'utf8').digest('hex');
    },
  };
}
