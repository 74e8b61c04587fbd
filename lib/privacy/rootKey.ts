import { randomBytes } from 'node:crypto';
import { decrypt, encrypt } from './aesGcm.ts';
import { expandMasterKey } from './masterKey.ts';
import { DATA_KEY_BYTES, wrongDataKey } from './wrappedKey.ts';

/** What branch keys are wrapped by: a local master key, or a KMS key that never leaves KMS. */
export type RootKey = {
  /** Variable that names it, for errors. */
  readonly variable: string;
  /** The key itself, where we hold it: branch 0 and the root of all hashes. */
  readonly own?: Uint8Array | undefined;
  /** A new branch key; the text is bound to `name`. */
  make(name: string): Promise<{ readonly key: Uint8Array; readonly wrapped: string }>;
  open(name: string, wrapped: string): Promise<Uint8Array>;
};

/** A master key of 32 bytes held by this process. */
export function createLocalRoot(masterKey: Uint8Array): RootKey {
  const variable = 'CARFERRY_DATA_KEY';
  const wrappingKey = expandMasterKey(masterKey, 'branch');
  return {
    variable,
    own: masterKey,
    make: async (name) => {
      const key = randomBytes(DATA_KEY_BYTES);
      const { iv, ct, tag } = encrypt(wrappingKey, key, name);
      return { key, wrapped: `local1.${iv}.${ct}.${tag}` };
    },
    open: async (name, wrapped) => {
      const [version, iv = '', ct = '', tag = ''] = wrapped.split('.');
      const key = version === 'local1' ? decrypt(wrappingKey, { iv, ct, tag }, name) : undefined;
      if (key === undefined) throw wrongDataKey(variable);
      return key;
    },
  };
}
