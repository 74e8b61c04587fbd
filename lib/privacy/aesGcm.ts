import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';

/*
 * Keys are handed over as key objects: of bytes Node finds out, by an error that it makes and catches, that they are
 * none, and that takes longer than the cipher.
 */

/** AES-256-GCM output; all parts base64. */
export type CipherText = { readonly iv: string; readonly ct: string; readonly tag: string };

const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypts under a fresh random 96-bit iv; `aad` is bound, not stored. */
export function encrypt(key: Uint8Array, plain: Uint8Array, aad: string): CipherText {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', createSecretKey(key), iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(aad, 'utf8'));
  const ct = Buffer.concat([cipher.update(plain), cipher.final()]);
  return {
    iv: iv.toString('base64'),
    ct: ct.toString('base64'),
    tag: cipher.getAuthTag().toString('base64'),
  };
}

/** The plain bytes, or `undefined` when key, `aad` or any byte is not the one it was encrypted with. */
export function decrypt(key: Uint8Array, text: CipherText, aad: string): Buffer | undefined {
  const iv = Buffer.from(text.iv, 'base64');
  if (iv.length !== IV_BYTES) return undefined;
  try {
    const decipher = createDecipheriv('aes-256-gcm', createSecretKey(key), iv, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(aad, 'utf8'));
    // Throws for a cut tag, which would be easier to forge.
    decipher.setAuthTag(Buffer.from(text.tag, 'base64'));
    return Buffer.concat([decipher.update(Buffer.from(text.ct, 'base64')), decipher.final()]);
  } catch {
    return undefined;
  }
}
