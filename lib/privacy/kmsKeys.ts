import { createDataKeys } from './dataKeys.ts';
import type { KeyProvider } from './keyProvider.ts';
import type { KeyRows } from './keyRows.ts';
import { createKmsRoot, type Kms } from './kmsRoot.ts';

/**
 * Data keys under a KMS key (`KMS_KEY_ARN`): KMS wraps branch keys, a branch key wraps data keys. While KMS does not
 * answer, branch keys in hand go on working for a quarter of an hour; without one, sealing fails with `retry`.
 *
 * @throws CarferryError `retry`, `kms-unavailable` or `kms-refused`; `halt`, `wrong-data-key`.
 */
export function createKmsKeys(deps: {
  readonly kms: Kms;
  readonly keyArn: string;
  readonly table: KeyRows;
  readonly cacheSize?: number;
  readonly now?: () => number;
}): KeyProvider {
  const { kms, keyArn, ...rest } = deps;
  return createDataKeys({ root: createKmsRoot(kms, keyArn), ...rest });
}
