import { randomBytes } from 'node:crypto';
import { CarferryError } from '../core/errors.ts';
import { decrypt, encrypt } from './aesGcm.ts';
import type { DataKey } from './keyProvider.ts';

export const DATA_KEY_BYTES = 32;

/*
 * The text of a wrapped data key: `2.branch.generation.iv.ct.tag`, or `1.generation.iv.ct.tag` for branch 0, the
 * local master key itself. base64 holds no dot.
 */
const WRAPPED = /^(?:1|2\.([1-9][0-9]{0,8}))\.([0-9a-f]{16})\.([^.]+)\.([^.]+)\.([^.]+)$/;

/** Branch key that a wrapped text was made under. */
export function branchOf(wrapped: string): number {
  return Number(partsOf(wrapped)[1] ?? '0');
}

/** A new data key, wrapped (AES-256-GCM) and bound to the entity. */
export function wrapNew(wrappingKey: Uint8Array, branch: number, entityId: string): string {
  const generation = randomBytes(8).toString('hex');
  return wrap(wrappingKey, branch, { keyId: `${entityId}#${generation}`, key: randomBytes(DATA_KEY_BYTES) });
}

/** The same data key wrapped under another branch. */
export function wrap(wrappingKey: Uint8Array, branch: number, { keyId, key }: DataKey): string {
  const generation = keyId.slice(keyId.lastIndexOf('#') + 1);
  const { iv, ct, tag } = encrypt(wrappingKey, key, keyId);
  const head = branch === 0 ? '1' : `2.${branch}`;
  return `${head}.${generation}.${iv}.${ct}.${tag}`;
}

/** @throws CarferryError `halt`, `wrong-data-key`, when it was wrapped by another key or for another entity. */
export function unwrap(
  wrappingKey: Uint8Array,
  entityId: string,
  wrapped: string,
  variable: string,
): DataKey {
  const [, , generation = '', iv = '', ct = '', tag = ''] = partsOf(wrapped);
  const keyId = `${entityId}#${generation}`;
  const key = decrypt(wrappingKey, { iv, ct, tag }, keyId);
  if (key === undefined) throw wrongDataKey(variable);
  return { keyId, key };
}

/** A stored key that the configured root key cannot have wrapped. */
export function wrongDataKey(variable: string, cause?: unknown): CarferryError {
  return new CarferryError({
    disposition: 'halt',
    scope: 'app',
    reason: 'wrong-data-key',
    message: `a stored key was not wrapped by the key that ${variable} names`,
    field: variable,
    hint: `set ${variable} to the key these tables were written with, or use other tables`,
    cause,
  });
}

function partsOf(wrapped: string): RegExpExecArray {
  const parts = WRAPPED.exec(wrapped);
  if (parts !== null) return parts;
  throw new CarferryError({
    disposition: 'park',
    reason: 'unknown-key-format',
    message: 'a stored data key has a form this version does not know',
    hint: 'run the version of carferry that wrote it, or a newer one',
  });
}
