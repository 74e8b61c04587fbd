/** One row of table `keys`. */
export type KeyRow = {
  /** One line of text, made and read by the key provider only; absent once the key is erased. */
  readonly wrapped?: string | undefined;
  /** Tombstone: from then on nobody gets this key, nor a new one. ISO. */
  readonly erasedAt?: string | undefined;
};

/** What the providers need of table `keys`. */
export type KeyRows = {
  read(entityId: string): Promise<KeyRow | undefined>;
  /** Stores by conditional put and answers the row that is there afterwards, ours or an earlier one. */
  create(entityId: string, wrapped: string): Promise<KeyRow>;
};

/** Row whose text is the number of the branch key under which new data keys are wrapped. */
export const BRANCH_POINTER = 'root|branch';
/** Row whose text lists the generations of the blind-index key: the written one, then those still looked up. */
export const INDEX_POINTER = 'root|index';
/** Row of the key that all hashes are derived from where there is no master key. */
export const HASH_ROOT = 'root|hash';

export function branchRow(generation: number): string {
  return `branch#${generation}`;
}

export function indexRoot(generation: number): string {
  return `root|index#${generation}`;
}
