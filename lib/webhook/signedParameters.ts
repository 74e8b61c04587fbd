/** One parameter as it is signed: bytes decode to text only after the signature has been verified. */
export type SignedParameter = { readonly name: Buffer; readonly value: Buffer };

/** Parameters by name (replacement characters for bytes that are no UTF-8; those are refused later). */
export type SignedParameters = Map<string, SignedParameter>;

const PLUS = 0x2b;
const PERCENT = 0x25;
const SPACE = 0x20;

/** Value of a hex digit, by its byte; NaN for anything else, the end of the text included. */
function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return Number.NaN;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const upper = byte & 0xdf;
  return upper >= 0x41 && upper <= 0x46 ? upper - 0x37 : Number.NaN;
}

/** `+` and `%XX` to bytes; `undefined` when a `%` is not followed by two hex digits. */
export function percentDecode(bytes: Uint8Array): Buffer | undefined {
  const out = Buffer.alloc(bytes.length);
  let length = 0;
  for (let index = 0; index < bytes.length; index += 1) {
    let byte = bytes[index] ?? 0;
    if (byte === PLUS) byte = SPACE;
    else if (byte === PERCENT) {
      byte = hexDigit(bytes[index + 1]) * 16 + hexDigit(bytes[index + 2]);
      if (Number.isNaN(byte)) return undefined;
      index += 2;
    }
    out[length] = byte;
    length += 1;
  }
  return out.subarray(0, length);
}

/**
 * Name and value of one pair as the gateway's Java reads them: split at `=`, empty parts at the end dropped,
 * so `k` and `k=` have an empty value and a pair with a further raw `=` (`k=a=b`) does not exist.
 */
function splitPair(pair: string): [name: string, value: string] | undefined {
  const parts = pair.split('=');
  while (parts.length > 0 && parts.at(-1) === '') parts.pop();
  const [name, value = ''] = parts;
  return name === undefined || parts.length > 2 ? undefined : [name, value];
}

/** How many pairs a query or form has, counted before anything is decoded. */
export function countPairs(bytes: Uint8Array): number {
  if (bytes.length === 0) return 0;
  let count = 1;
  for (const byte of bytes) if (byte === 0x26) count += 1;
  return count;
}

/**
 * Reads the bytes of a query or form body.
 *
 * @returns the parameters, or why they are refused: two of one name would let signer and reader see
 *   different ones.
 */
export function readPairs(bytes: Uint8Array): SignedParameters | 'malformed-parameter' | 'doubled-parameter' {
  const parameters: SignedParameters = new Map();
  for (const pair of Buffer.from(bytes).toString('latin1').split('&')) {
    const split = splitPair(pair);
    if (split === undefined) continue;
    const [name, value] = split.map((part) => percentDecode(Buffer.from(part, 'latin1')));
    if (name === undefined || value === undefined) return 'malformed-parameter';
    const key = name.toString('utf8');
    if (parameters.has(key)) return 'doubled-parameter';
    parameters.set(key, { name, value });
  }
  return parameters;
}
