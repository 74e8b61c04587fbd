import { CarferryError } from '../../lib/core/errors.ts';
import { createBranchKeys, firstBranch } from '../../lib/privacy/branchKeys.ts';
import { indexGenerations } from '../../lib/privacy/hashKeys.ts';
import type { KeyProvider } from '../../lib/privacy/keyProvider.ts';
import { BRANCH_POINTER, branchRow, INDEX_POINTER, indexRoot } from '../../lib/privacy/keyRows.ts';
import type { RootKey } from '../../lib/privacy/rootKey.ts';
import { branchOf, unwrap, wrap } from '../../lib/privacy/wrappedKey.ts';
import type { KeysTable } from '../../lib/store/keysTable.ts';

type Keys = { readonly root: RootKey; readonly table: KeysTable };

/**
 * A new branch key for everything sealed from now on; running functions learn of it within minutes. Rows under older
 * ones stay readable and are moved by {@link rewrapKeys}.
 * @returns its number
 */
export async function rotateBranch({ root, table }: Keys): Promise<number> {
  const pointer = (await table.read(BRANCH_POINTER))?.wrapped;
  const next = (pointer === undefined ? firstBranch(root) : Number(pointer)) + 1;
  const { wrapped } = await root.make(branchRow(next));
  // A row that an interrupted rotation left is used.
  await table.create(branchRow(next), wrapped);
  if ((await table.replace(BRANCH_POINTER, pointer, String(next))) === 'stale') throw rotatedMeanwhile();
  return next;
}

export type Moved = { readonly moved: number; readonly kept: number };

/**
 * Wraps every data key under the newest branch key. The data keys stay the same, so nothing sealed changes. Cut off
 * anywhere, both branches open what is theirs, and the same call completes it; an erased key stays erased.
 */
export async function rewrapKeys({ root, table }: Keys, now: () => number = Date.now): Promise<Moved> {
  const branches = createBranchKeys({ root, rows: table, now });
  const target = await branches.current();
  let [moved, kept] = [0, 0];
  for await (const { entityId, wrapped, erasedAt } of table.scan()) {
    if (wrapped === undefined || erasedAt !== undefined || !isDataKey(entityId)) continue;
    const branch = branchOf(wrapped);
    if (branch === target.branch) {
      kept += 1;
      continue;
    }
    const dataKey = unwrap((await branches.of(branch)).key, entityId, wrapped, root.variable);
    const result = await table.replace(entityId, wrapped, wrap(target.key, target.branch, dataKey));
    if (result === 'written') moved += 1;
  }
  return { moved, kept };
}

/**
 * A new key of the blind index: written from now on, while lookups ask for the former one too. `keys reindex` brings
 * what is stored to the new one.
 * @returns its number
 */
export async function rotateIndex(table: KeysTable, keys: KeyProvider): Promise<number> {
  const [current = 0, former] = await indexGenerations(table);
  if (former !== undefined) throw unfinished();
  const next = current + 1;
  await keys.keyFor(indexRoot(next));
  const pointer = (await table.read(INDEX_POINTER))?.wrapped;
  const written = await table.replace(INDEX_POINTER, pointer, `${next},${current}`);
  if (written === 'stale') throw rotatedMeanwhile();
  return next;
}

/** From now on only the new key of the blind index is asked. */
export async function retireIndex(table: KeysTable): Promise<void> {
  const pointer = (await table.read(INDEX_POINTER))?.wrapped;
  const [current] = await indexGenerations(table);
  const written =
    pointer === undefined ? 'stale' : await table.replace(INDEX_POINTER, pointer, String(current));
  if (written === 'stale') throw rotatedMeanwhile();
}

function isDataKey(entityId: string): boolean {
  return entityId !== BRANCH_POINTER && entityId !== INDEX_POINTER && !entityId.startsWith('branch#');
}

function rotatedMeanwhile(): CarferryError {
  return new CarferryError({
    disposition: 'skip',
    reason: 'rotated-meanwhile',
    message: 'the keys were rotated by somebody else at the same time',
    hint: 'look at keys status before doing it again',
  });
}

function unfinished(): CarferryError {
  return new CarferryError({
    disposition: 'skip',
    reason: 'rotation-unfinished',
    message: 'the blind index still has two keys from its last rotation',
    hint: 'run keys reindex, then keys reindex --finish',
  });
}
