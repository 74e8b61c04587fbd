import { hash } from 'node:crypto';

/** Bytes of a block and of a digest of SHA-256. */
const BLOCK = 64;
const DIGEST = 32;

/**
 * HMAC-SHA256 (RFC 2104) under one secret as two one-shot hashes, upper-case hex: half the processor time of
 * `createHmac`, which makes an object of the engine's for every signature. `undefined` for a secret that is longer
 * than a block or not ASCII; then `createHmac` is to be asked. A test compares both.
 */
export function hmacSha256Under(secret: string): ((text: string) => string) | undefined {
  if (secret.length > BLOCK || !isAscii(secret)) return undefined;
  // A secret's byte below 128 stays below 128, so the padded secret is ASCII text, which can be hashed as text.
  const inner = padded(secret, 0x36).toString('latin1');
  const outer = Buffer.concat([padded(secret, 0x5c), Buffer.alloc(DIGEST)]);
  return (text) => {
    outer.write(hash('sha256', inner + text, 'binary'), BLOCK, 'latin1');
    return hash('sha256', outer, 'hex').toUpperCase();
  };
}

function isAscii(text: string): boolean {
  return Buffer.byteLength(text, 'utf8') === text.length;
}

function padded(secret: string, pad: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.write(secret, 'latin1');
  for (const [index, byte] of block.entries()) block[index] = byte ^ pad;
  return block;
}
