import { publishDrift } from '../core/telemetry.ts';
import { Clear, type PersonalKind } from './personal.ts';

/*
 * The platform adds fields without notice. Unknown ones are kept, but one of them may be a person's phone;
 * what looks personal by name or by value is therefore sealed like a documented personal field.
 */

const KEY_KINDS: readonly (readonly [RegExp, PersonalKind])[] = [
  [/mobile|phone|(^|_)tel(_|$)|telephone|lead_num/, 'phone'],
  [/identity|id_?card|cert_?no|passport|licen[cs]e_?no/, 'identity'],
  [/address|(^|_)addr(_|$)|street|receiver_(town|district|zip)|delivery/, 'address'],
  [/nick/, 'nick'],
  [/name(_|$)|(^|_)(receiver|consignee|buyer|contact)(_|$)/, 'name'],
  [/email|wechat|weixin|(^|_)qq(_|$)|birth|alipay_?(no|account)|oaid|buyer_message|buyer_memo/, 'text'],
];

/** Names of things, not of people. */
const HARMLESS_KEY =
  /(seller|shop|store|brand|item|sku|series|category|tag|promotion|coupon|activity|campaign|channel|gift|model|company|city|state)_?(nick|name)(_|$)/;

const MOBILE = /(?<![0-9A-Za-z])(?:\+?0{0,2}86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?![0-9A-Za-z])/;
const IDENTITY =
  /(?<![0-9A-Za-z])[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?![0-9A-Za-z])/;
/** A name that may stand in a log; anything else could be a value that slipped into a name's place. */
const SHOWN_KEY = /^[A-Za-z_]\w{0,63}$/;
/** Cipher text of the platform: phones between `$`, everything else between `~`. */
const CIPHER_PHONE = /^\$.+\$\d+\$+$/;
const CIPHER_TEXT = /^~.+~\d+~+$/;

function snakeCase(key: string): string {
  return key.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
}

function kindOfKey(key: string): PersonalKind | undefined {
  const name = snakeCase(key);
  if (HARMLESS_KEY.test(name)) return undefined;
  return KEY_KINDS.find(([pattern]) => pattern.test(name))?.[1];
}

function kindOfValue(received: string): PersonalKind | undefined {
  // Full-width digits become plain ones.
  const value = received.normalize('NFKC');
  if (MOBILE.test(value) || CIPHER_PHONE.test(value)) return 'phone';
  if (IDENTITY.test(value)) return 'identity';
  return CIPHER_TEXT.test(value) ? 'text' : undefined;
}

/** A value that looks personal by its place or its text, as `Clear`; everything else as it came. */
function guard(value: unknown, inherited: PersonalKind | undefined): unknown {
  if (value === null || value === undefined || typeof value === 'boolean') return value;
  if (typeof value === 'string' || typeof value === 'number') {
    const text = String(value);
    if (text === '') return value;
    const kind = inherited ?? kindOfValue(text);
    return kind === undefined ? value : new Clear(kind, text);
  }
  if (Array.isArray(value)) return value.map((element) => guard(element, inherited));
  if (typeof value !== 'object' || value instanceof Clear) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, guard(member, kindOfKey(key) ?? inherited)]),
  );
}

/**
 * The members of `raw` that are not in `knownKeys`, as received, with everything that looks personal turned
 * into `Clear`; `undefined` when there are none.
 */
export function collectExtra(
  raw: Readonly<Record<string, unknown>>,
  knownKeys: Iterable<string>,
): Record<string, unknown> | undefined {
  const known = new Set(knownKeys);
  const unknown = Object.entries(raw).filter(([key, value]) => !known.has(key) && value !== undefined);
  if (unknown.length === 0) return undefined;
  for (const [key] of unknown) publishDrift(SHOWN_KEY.test(key) && !/\d{5}/.test(key) ? key : '(no name)');
  return guardMembers(Object.fromEntries(unknown));
}

/** The members of `raw` that are there, as received, with everything that looks personal turned into `Clear`. */
export function guardMembers(raw: Readonly<Record<string, unknown>>): Record<string, unknown> {
  // fromEntries defines members, so that an upstream `__proto__` stays a member and changes no prototype.
  const members = Object.entries(raw).filter(([, value]) => value !== undefined);
  return Object.fromEntries(members.map(([key, value]) => [key, guard(value, kindOfKey(key))]));
}
