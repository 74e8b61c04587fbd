import { CarferryError } from '../core/errors.ts';

/** Deepest nesting of arrays and objects that is read; TOP's own replies stay below ten. */
const MAX_DEPTH = 128;

/** Integers up to this many digits are always safe in a double. */
const SAFE_DIGITS = 15;
/** Integers of this many digits and more never are. */
const UNSAFE_DIGITS = 17;

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

function unreadable(message: string): CarferryError {
  return new CarferryError({ disposition: 'retry', reason: 'unreadable-reply', message });
}

/** Significant digits and decimal exponent, the same for every spelling of one number: `1.20e1` → `12e0`. */
function canonicalNumber(text: string): string {
  const negative = text.startsWith('-');
  const [mantissa = '', exponent = '0'] = (negative ? text.slice(1) : text).toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  const power = BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - significant.length);
  return `${negative ? '-' : ''}${significant}e${power}`;
}

/** True when the double nearest to `text` is the number that `text` says, and DynamoDB can store it. */
function isExact(text: string): boolean {
  const value = Number(text);
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) return false;
  const size = Math.abs(value);
  // DynamoDB's upper bound, 1e125, lies among the unsafe integers.
  if (size !== 0 && size <= 1e-130) return false;
  // An exponent of thousands of digits would make the comparison itself a burden.
  if (text.length > 400) return false;
  return canonicalNumber(text) === canonicalNumber(String(value));
}

/** Texts up to this length are scanned in memory that is kept. */
const KEPT_UNITS = 1 << 19;
const kept = Buffer.alloc(2 * KEPT_UNITS);

/**
 * The text's UTF-16 code units as an array of numbers: reading one costs a third of `charCodeAt`, which looks
 * every time how the string is stored, and the copy costs a hundredth of the scan. Valid until the next call.
 */
function codeUnits(text: string): Uint16Array {
  const bytes = text.length <= KEPT_UNITS ? kept : Buffer.alloc(2 * text.length);
  bytes.write(text, 'utf16le');
  return new Uint16Array(bytes.buffer, bytes.byteOffset, text.length);
}

/** `+`, `-`, `.`, `E` or `e`. */
function isNumberPart(code: number | undefined): boolean {
  return code === 46 || code === 45 || code === 43 || code === 101 || code === 69;
}

/** A quoted number must not turn a broken document (`{1:2}`) into a readable one. */
function isKey(text: string, end: number): boolean {
  let index = end;
  for (;;) {
    const code = text.charCodeAt(index);
    if (code !== 32 && code !== 9 && code !== 10 && code !== 13) return code === 58;
    index += 1;
  }
}

/** The document with every number that a double cannot carry put in quotes. */
function quoteInexactNumbers(text: string): string {
  const units = codeUnits(text);
  const { length } = units;
  let out = '';
  let copied = 0;
  let depth = 0;
  let index = 0;
  while (index < length) {
    const code = units[index] ?? 0;
    index += 1;
    if (code === 34) {
      for (; index < length; index += 1) {
        const part = units[index];
        if (part === 34) break;
        if (part === 92) index += 1;
      }
      index += 1;
    } else if (code > 57) {
      if (code === 123 || code === 91) {
        depth += 1;
        if (depth > MAX_DEPTH) throw unreadable(`JSON nested deeper than ${MAX_DEPTH}`);
      } else if (code === 125 || code === 93) depth -= 1;
    } else if (code === 45 || code >= 48) {
      const start = index - 1;
      let plain = code !== 45;
      for (; index < length; index += 1) {
        const part = units[index] ?? 0;
        if (part >= 48 && part <= 57) continue;
        if (!isNumberPart(part)) break;
        plain = false;
      }
      const size = index - start;
      if (plain && size <= SAFE_DIGITS) continue;
      const number = text.slice(start, index);
      // Ids, which are most of what gets here, are told by their length; a leading zero makes no number.
      const isLongInteger = plain && size >= UNSAFE_DIGITS && code !== 48;
      if (!isLongInteger && (!NUMBER.test(number) || isExact(number))) continue;
      if (isKey(text, index)) continue;
      out += `${text.slice(copied, start)}"${number}"`;
      copied = index;
    }
  }
  return copied === 0 ? text : out + text.slice(copied);
}

/**
 * Reads JSON without losing a digit: a number stays a number only when the double says exactly what the
 * document said (a safe integer, or a decimal whose shortest text is the same number) and DynamoDB can
 * store it; every other number becomes its source text as a string.
 *
 * @throws CarferryError `retry`, `unreadable-reply`, for anything that is not JSON or nests too deep. It
 *   has no cause: the engine's own message quotes the document.
 */
export function parseLossless(text: string): unknown {
  const exact = quoteInexactNumbers(text);
  try {
    return JSON.parse(exact);
  } catch {
    throw unreadable(`${text.length} characters that are not JSON`);
  }
}

/** A number of a request, written with all its digits and without quotes. */
export class ExactNumber {
  readonly digits: string;

  constructor(digits: string) {
    if (!NUMBER.test(digits)) {
      throw new CarferryError({
        disposition: 'park',
        reason: 'invalid-number',
        message: 'not the digits of a number',
      });
    }
    this.digits = digits;
  }

  toString(): string {
    return this.digits;
  }

  /** For `JSON.stringify`, which cannot write the number exactly. */
  toJSON(): string {
    return this.digits;
  }
}

/** Marks the digits of a 64-bit id: `stringifyLossless` writes them as an unquoted number. */
export function exactNumber(digits: string): ExactNumber {
  return new ExactNumber(digits);
}

function writeNumber(value: number): string {
  if (Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))) {
    return JSON.stringify(value);
  }
  throw new CarferryError({
    disposition: 'park',
    reason: 'inexact-number',
    message: 'a number beyond the safe integers was about to be written',
    hint: 'carry it as text, or as exactNumber',
  });
}

function hasToJson(value: object): value is { toJSON(): unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}

function write(value: unknown, sorted: boolean, depth: number): string | undefined {
  if (value === null) return 'null';
  if (typeof value === 'number') return writeNumber(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value);
  if (typeof value !== 'object') return undefined;
  if (value instanceof ExactNumber) return value.digits;
  if (depth > MAX_DEPTH) throw unreadable(`value nested deeper than ${MAX_DEPTH}`);
  if (hasToJson(value)) return write(value.toJSON(), sorted, depth + 1);
  if (Array.isArray(value)) {
    return `[${value.map((element) => write(element, sorted, depth + 1) ?? 'null').join(',')}]`;
  }
  const members = Object.entries(value);
  // Keys of one object are distinct, so equality needs no answer here.
  if (sorted) members.sort(([left], [right]) => (left < right ? -1 : 1));
  const written: string[] = [];
  for (const [key, member] of members) {
    const text = write(member, sorted, depth + 1);
    if (text !== undefined) written.push(`${JSON.stringify(key)}:${text}`);
  }
  return `{${written.join(',')}}`;
}

/**
 * Writes JSON as `JSON.stringify` does, with {@link exactNumber} and `bigint` as unquoted digits.
 *
 * @throws CarferryError `park`, `inexact-number`, for a number beyond the safe integers.
 */
export function stringifyLossless(value: unknown): string {
  return write(value, false, 0) ?? 'null';
}

/** One text for all spellings of equal values: keys in the order of UTF-16 code units, no white space. */
export function canonicalJson(value: unknown): string {
  return write(value, true, 0) ?? 'null';
}
