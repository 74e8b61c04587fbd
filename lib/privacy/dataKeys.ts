import { type BranchKeys, createBranchKeys } from './branchKeys.ts';
import { createHashKeys } from './hashKeys.ts';
import { createKeyCache } from './keyCache.ts';
import { type DataKey, erasedError, type KeyProvider } from './keyProvider.ts';
import type { KeyRow, KeyRows } from './keyRows.ts';
import type { RootKey } from './rootKey.ts';
import { branchOf, unwrap, wrapNew } from './wrappedKey.ts';

const DEFAULT_CACHE_SIZE = 1_000;

export type DataKeysDeps = {
  readonly root: RootKey;
  /** Table `keys`. */
  readonly table: KeyRows;
  readonly cacheSize?: number | undefined;
  /** Epoch ms. */
  readonly now?: (() => number) | undefined;
};

/**
 * Data keys kept in table `keys`, wrapped under a branch key, which the root wraps: the root is asked once per process
 * and some minutes, never for a record.
 */
export function createDataKeys(deps: DataKeysDeps): KeyProvider {
  const { root, table, now = Date.now } = deps;
  const branches = createBranchKeys({ root, rows: table, now });
  const cache = createKeyCache(deps.cacheSize ?? DEFAULT_CACHE_SIZE, now);
  const hashes = createHashKeys({
    own: root.own,
    rows: table,
    rootKey: async (entityId) => (await make(entityId)).key,
    now,
  });
  const open = (entityId: string, row: KeyRow) => openRow(entityId, row, branches, root);

  async function make(entityId: string): Promise<DataKey> {
    const stored = await table.read(entityId);
    const row = stored ?? (await table.create(entityId, await wrapUnderCurrent(entityId)));
    const key = await open(entityId, row);
    if (key === undefined) throw erasedError();
    return key;
  }

  async function wrapUnderCurrent(entityId: string): Promise<string> {
    const { branch, key } = await branches.current();
    return wrapNew(key, branch, entityId);
  }

  async function read(entityId: string): Promise<DataKey | undefined> {
    const row = await table.read(entityId);
    return row && (await open(entityId, row));
  }

  return {
    ...hashes,
    keyFor: async (entityId) => {
      await hashes.ready();
      return (await cache.get(entityId, 'make', () => make(entityId))) ?? make(entityId);
    },
    readKey: (entityId) => cache.get(entityId, 'read', () => read(entityId)),
  };
}

/** The data key of a row; `undefined` from its tombstone on, whether or not the key itself is gone yet. */
async function openRow(
  entityId: string,
  { wrapped, erasedAt }: KeyRow,
  branches: BranchKeys,
  { variable }: Pick<RootKey, 'variable'>,
): Promise<DataKey | undefined> {
  if (wrapped === undefined || erasedAt !== undefined) return undefined;
  const { key } = await branches.of(branchOf(wrapped));
  return unwrap(key, entityId, wrapped, variable);
}
