import { createDataKeys } from './dataKeys.ts';
import type { KeyProvider } from './keyProvider.ts';
import type { KeyRows } from './keyRows.ts';
import { createLocalRoot } from './rootKey.ts';

/**
 * Data keys under a local master key (`CARFERRY_DATA_KEY`), which is branch 0 itself.
 *
 * @throws CarferryError `halt`, `wrong-data-key`, from `keyFor` and `readKey` when the master key is another.
 */
export function createLocalKeys(deps: {
  readonly masterKey: Uint8Array;
  readonly table: KeyRows;
  readonly cacheSize?: number;
  readonly now?: () => number;
}): KeyProvider {
  const { masterKey, ...rest } = deps;
  return createDataKeys({ root: createLocalRoot(masterKey), ...rest });
}
