import { CarferryError } from '../core/errors.ts';
import { createHolding } from './holding.ts';
import { BRANCH_POINTER, branchRow, type KeyRows } from './keyRows.ts';
import { expandMasterKey } from './masterKey.ts';
import type { RootKey } from './rootKey.ts';

export type BranchKey = { readonly branch: number; readonly key: Uint8Array };

/** The keys that data keys are wrapped under: one call of the root for each, per process and `FRESH_MS`. */
export type BranchKeys = {
  /** The one for new data keys. */
  current(): Promise<BranchKey>;
  of(branch: number): Promise<BranchKey>;
};

/** Branch 0 is a key that we hold ourselves; a root that never leaves KMS begins with branch 1. */
export function firstBranch(root: RootKey): number {
  return root.own === undefined ? 1 : 0;
}

/**
 * @throws CarferryError of the root or the table when a key is neither held nor to be had; `park`,
 *   `unknown-key-format`, for a branch that does not exist.
 */
export function createBranchKeys(deps: {
  readonly root: RootKey;
  readonly rows: KeyRows;
  readonly now: () => number;
}): BranchKeys {
  const { root, rows, now } = deps;
  const first = firstBranch(root);
  const branches = createHolding(now, load);
  const pointer = createHolding(now, async () => {
    const row = await rows.read(BRANCH_POINTER);
    return row?.wrapped === undefined ? first : Number(row.wrapped);
  });

  async function load(branch: number): Promise<BranchKey> {
    if (branch === 0 && root.own !== undefined) return { branch, key: expandMasterKey(root.own, 'wrap') };
    const name = branchRow(branch);
    const stored = (await rows.read(name))?.wrapped ?? (await makeFirst(branch));
    return { branch, key: expandMasterKey(await root.open(name, stored), 'wrap') };
  }

  /** Whoever comes first makes the first branch; a rotation makes the later ones. */
  async function makeFirst(branch: number): Promise<string> {
    if (branch !== first) throw unknownBranch(branch);
    const name = branchRow(branch);
    const { wrapped } = await root.make(name);
    return (await rows.create(name, wrapped)).wrapped ?? wrapped;
  }

  return {
    current: async () => branches.get(await pointer.get(0)),
    of: (branch) => branches.get(branch),
  };
}

function unknownBranch(branch: number): CarferryError {
  return new CarferryError({
    disposition: 'park',
    reason: 'unknown-key-format',
    message: `a stored data key names branch ${branch}, which table keys does not hold`,
    hint: 'table keys was restored from before a rotation, or its branch rows were removed',
  });
}
