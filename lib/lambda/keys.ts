import * as z from 'zod';
import { configurationError } from '../core/errors.ts';
import { createDataKeys } from '../privacy/dataKeys.ts';
import type { KeyProvider } from '../privacy/keyProvider.ts';
import type { KeyRows } from '../privacy/keyRows.ts';
import { createKmsRoot } from '../privacy/kmsRoot.ts';
import { createLocalRoot, type RootKey } from '../privacy/rootKey.ts';
import { createKms } from './awsClients.ts';
import { dataKeyVariable } from './environment.ts';

/** What personal data is sealed under: exactly one of the two is set. */
export const keysVariables = {
  /** A key of this process; on the own machine only. */
  CARFERRY_DATA_KEY: z.lazy(() => dataKeyVariable.optional()),
  /** ARN of a KMS key. */
  KMS_KEY_ARN: z.lazy(() =>
    z
      .string()
      .regex(/^arn:[\w-]+:kms:[\w-]+:\d{12}:(key|alias)\/[\w/-]+$/, {
        error: 'expected the ARN of a KMS key',
      })
      .optional(),
  ),
};

export type KeysConfig = z.output<z.ZodObject<typeof keysVariables>>;

/**
 * The root that the configuration names; nothing is asked of KMS yet.
 * @throws CarferryError `configuration` when none or both are set
 */
function rootKeyOf({ CARFERRY_DATA_KEY: masterKey, KMS_KEY_ARN: keyArn }: KeysConfig): RootKey {
  if (masterKey !== undefined && keyArn !== undefined) {
    throw configurationError('KMS_KEY_ARN', 'KMS_KEY_ARN and CARFERRY_DATA_KEY are both set; one decides');
  }
  if (keyArn !== undefined) return createKmsRoot(createKms(), keyArn);
  if (masterKey !== undefined) return createLocalRoot(masterKey);
  throw configurationError(
    'CARFERRY_DATA_KEY',
    'CARFERRY_DATA_KEY is missing, and so is KMS_KEY_ARN',
    'on AWS set KMS_KEY_ARN, elsewhere CARFERRY_DATA_KEY: openssl rand -base64 32',
  );
}

/** The keys of a function, by its configuration. */
export function createKeys(config: KeysConfig, table: KeyRows): KeyProvider {
  return createDataKeys({ root: rootKeyOf(config), table });
}
