import { createHash, createHmac } from 'node:crypto';

export type SignMethod = 'md5' | 'hmac' | 'hmac-sha256';

export function isSignMethod(text: string): text is SignMethod {
  return text === 'md5' || text === 'hmac' || text === 'hmac-sha256';
}

// White space as Java counts it: without U+00A0, U+2007, U+202F and U+FEFF, which JS `trim` would remove.
const javaSpaces = new Set(
  [
    ...[0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x1c, 0x1d, 0x1e, 0x1f, 0x20, 0x1680],
    ...[0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2008, 0x2009, 0x200a],
    ...[0x2028, 0x2029, 0x205f, 0x3000],
  ].map((code) => String.fromCharCode(code)),
);

function isBlank(text: string): boolean {
  for (const character of text) if (!javaSpaces.has(character)) return false;
  return true;
}

/** Name and value of every parameter, sorted by UTF-16 code units, without `sign` and without blank ones. */
function baseString(params: ReadonlyMap<string, string>): string {
  let text = '';
  for (const name of [...params.keys()].sort()) {
    const value = params.get(name) ?? '';
    if (name === 'sign' || isBlank(name) || isBlank(value)) continue;
    text += name + value;
  }
  return text;
}

/** Upper-case hex digest as the gateway computes it for a caller. */
export function sign(
  params: ReadonlyMap<string, string>,
  secret: string | Buffer,
  method: SignMethod,
): string {
  const base = baseString(params);
  const digest =
    method === 'md5'
      ? createHash('md5').update(secret).update(base, 'utf8').update(secret)
      : createHmac(method === 'hmac' ? 'md5' : 'sha256', secret).update(base, 'utf8');
  return digest.digest('hex').toUpperCase();
}
