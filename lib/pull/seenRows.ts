import { createHash } from 'node:crypto';

/** Six bytes tell 2,000 rows of a window apart with a chance of error below 10⁻⁸ (`docs/adr/0004`). */
const TOKEN_BYTES = 6;
const TOKEN_LENGTH = 8;

/** Short stand-in for an id. */
export function tokenOfId(id: string): string {
  return createHash('sha256').update(id).digest().subarray(0, TOKEN_BYTES).toString('base64');
}

/** Short stand-in for a row without id, made from its keyed hash (hex). */
export function tokenOfHash(hash: string): string {
  return Buffer.from(hash.slice(0, TOKEN_BYTES * 2), 'hex').toString('base64');
}

/** Tokens as one text of 8 characters each, for the stream's state. */
export function packTokens(tokens: ReadonlySet<string>): string {
  return [...tokens].join('');
}

/** What {@link packTokens} wrote. */
export function unpackTokens(packed: string): Set<string> {
  const tokens = new Set<string>();
  for (let at = 0; at < packed.length; at += TOKEN_LENGTH) tokens.add(packed.slice(at, at + TOKEN_LENGTH));
  return tokens;
}
