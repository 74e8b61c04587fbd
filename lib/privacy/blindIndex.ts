import type { KeyProvider } from './keyProvider.ts';

/** Everything people put between the digits of a phone number. */
const SEPARATORS = /[\s()+.\u2010-\u2015-]/g;

/** From a short landline to the longest number of E.164. */
const PHONE = /^\d{7,15}$/;

/** The country code in its three spellings, before a number of eleven digits. */
const CHINA_PREFIX = /^(?:0086|86)(?=\d{11}$)/;

/** 128 bits: no two phones of one seller will ever meet by chance. */
const INDEX_DIGITS = 32;

/**
 * Digits of a phone number without separators and without +86, 0086 or 86 when eleven digits remain;
 * `undefined` for what is no phone: masked numbers, the platform's cipher text, free text.
 */
export function normalisePhone(value: string): string | undefined {
  const digits = value.normalize('NFKC').replace(SEPARATORS, '').replace(CHINA_PREFIX, '');
  return PHONE.test(digits) ? digits : undefined;
}

/** Keyed index by which equal phones are found without being read: 32 hex digits, or `undefined`. */
export function blindIndex(value: string, keys: Pick<KeyProvider, 'hmac'>): string | undefined {
  const phone = normalisePhone(value);
  return phone === undefined ? undefined : keys.hmac('phone', phone).slice(0, INDEX_DIGITS);
}

/** The phone's index under every key in use, the written one first; empty for what is no phone. */
export function blindIndexes(value: string, keys: Pick<KeyProvider, 'phoneHmacs'>): string[] {
  const phone = normalisePhone(value);
  return phone === undefined ? [] : keys.phoneHmacs(phone).map((hash) => hash.slice(0, INDEX_DIGITS));
}
