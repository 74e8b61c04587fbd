import { CarferryError } from '../core/errors.ts';
import type { RootKey } from './rootKey.ts';
import { wrongDataKey } from './wrappedKey.ts';

/** What is asked of KMS; `lib/lambda` builds it. Errors carry the SDK's `name`. */
export type Kms = {
  generateDataKey(request: KmsRequest): Promise<{ readonly plain: Uint8Array; readonly wrapped: Uint8Array }>;
  decrypt(request: KmsRequest & { readonly wrapped: Uint8Array }): Promise<Uint8Array>;
};
export type KmsRequest = {
  readonly keyArn: string;
  /** Bound to the ciphertext, written into CloudTrail, and a condition of the roles. */
  readonly context: Readonly<Record<string, string>>;
};

const VARIABLE = 'KMS_KEY_ARN';
const PREFIX = 'kms1.';

/** Another attempt meets the same answer until somebody changes the key or a role. */
const REFUSALS = new Set([
  'AccessDeniedException',
  'DisabledException',
  'KMSInvalidStateException',
  'NotFoundException',
  'UnrecognizedClientException',
]);
/** The text belongs to another key or another context. */
const FOREIGN = new Set(['IncorrectKeyException', 'InvalidCiphertextException']);

/**
 * Branch keys wrapped by a KMS key under the context `{ service, entity }`, so that a row copied to another name
 * does not open.
 *
 * @throws CarferryError `retry`, `kms-unavailable` or `kms-refused`; `halt`, `wrong-data-key`.
 */
export function createKmsRoot(kms: Kms, keyArn: string): RootKey {
  const requestFor = (entity: string): KmsRequest => ({ keyArn, context: { service: 'carferry', entity } });
  return {
    variable: VARIABLE,
    make: async (name) => {
      const { plain, wrapped } = await kms.generateDataKey(requestFor(name)).catch(fail);
      return { key: plain, wrapped: `${PREFIX}${Buffer.from(wrapped).toString('base64')}` };
    },
    open: async (name, text) => {
      if (!text.startsWith(PREFIX)) throw wrongDataKey(VARIABLE);
      const wrapped = Buffer.from(text.slice(PREFIX.length), 'base64');
      return await kms.decrypt({ ...requestFor(name), wrapped }).catch(fail);
    },
  };
}

function fail(thrown: unknown): never {
  const name = thrown instanceof Error ? thrown.name : typeof thrown;
  if (FOREIGN.has(name)) throw wrongDataKey(VARIABLE, thrown);
  const refused = REFUSALS.has(name);
  throw new CarferryError({
    disposition: 'retry',
    reason: refused ? 'kms-refused' : 'kms-unavailable',
    message: `KMS: ${name}`,
    hint: refused ? `see that the key of ${VARIABLE} is enabled and that the role may use it` : undefined,
    details: { name },
    cause: thrown,
  });
}
