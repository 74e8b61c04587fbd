import { createHash, createHmac } from 'node:crypto';
import { hmacSha256Under } from './hmacSha256.ts';

export type SignMethod = 'md5' | 'hmac' | 'hmac-sha256';

/*
 * White space as Java's `Character.isWhitespace` sees it. JavaScript's `\s` and `trim()` also count the
 * no-break spaces (U+00A0, U+2007, U+202F) and U+FEFF, which the platform signs.
 */
const JAVA_WHITE_SPACE = new Set<number>([
  ...[0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x1c, 0x1d, 0x1e, 0x1f, 0x20, 0x1680],
  ...[0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2008, 0x2009, 0x200a],
  ...[0x2028, 0x2029, 0x205f, 0x3000],
]);

/** True for text that the platform's own SDK neither sends nor signs: empty or only Java white space. */
export function isBlank(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    // Most text begins with a letter, which need not be looked up.
    if ((code > 0x20 && code < 0x1680) || !JAVA_WHITE_SPACE.has(code)) return false;
  }
  return true;
}

let lastNames: { readonly given: readonly string[]; readonly sorted: readonly string[] } | undefined;

/** In the order of UTF-16 code units; call after call the names are the same. */
function sortedNames(params: Readonly<Record<string, string>>): readonly string[] {
  const given = Object.keys(params);
  const isSame =
    lastNames?.given.length === given.length &&
    given.every((name, index) => name === lastNames?.given[index]);
  if (!isSame || lastNames === undefined) lastNames = { given, sorted: given.toSorted() };
  return lastNames.sorted;
}

/** The text that is signed: `name + value` in the order of UTF-16 code units, blank ones and `sign` left out. */
function baseString(params: Readonly<Record<string, string>>): string {
  let base = '';
  for (const name of sortedNames(params)) {
    const value = params[name];
    if (name === 'sign' || value === undefined || isBlank(name) || isBlank(value)) continue;
    base += name + value;
  }
  return base;
}

let last: { readonly secret: string; readonly sign: ReturnType<typeof hmacSha256Under> } | undefined;

/** The short way to a signature, prepared once: a program has one secret. */
function quickHmac(secret: string | Uint8Array): ReturnType<typeof hmacSha256Under> {
  if (typeof secret !== 'string') return undefined;
  if (last?.secret !== secret) last = { secret, sign: hmacSha256Under(secret) };
  return last.sign;
}

/**
 * Signature of a call to the gateway, upper-case hex (32, 32 or 64 digits).
 * Source: TOP protocol notes, section 3.
 *
 * @param params public and business parameters, decoded; `sign_method` is one of them.
 * @param secret the app secret, as UTF-8 text or raw bytes.
 * @param body the raw JSON or XML body, when the request has one; a form body is part of `params`.
 */
export function signRequest(
  params: Readonly<Record<string, string>>,
  secret: string | Uint8Array,
  method: SignMethod,
  body = '',
): string {
  const base = baseString(params) + body;
  const quick = method === 'hmac-sha256' ? quickHmac(secret) : undefined;
  if (quick !== undefined) return quick(base);
  const digest =
    method === 'md5'
      ? createHash('md5').update(secret).update(base, 'utf8').update(secret)
      : createHmac(method === 'hmac' ? 'md5' : 'sha256', secret).update(base, 'utf8');
  return digest.digest('hex').toUpperCase();
}
