import { createHash, timingSafeEqual } from 'node:crypto';
import { fromChinaWallClock, toEpochMs } from '../domain/chinaTime.ts';
import { readMediaType } from './mediaType.ts';
import { countPairs, percentDecode, readPairs, type SignedParameters } from './signedParameters.ts';

/** 256 KiB. */
export const MAX_BODY_BYTES = 256 * 1024;
const MAX_PARAMETERS = 100;
const MINUTE_MS = 60_000;

/** A call as it came over the wire; nothing in it is trusted. */
export type QimenCall = {
  /** After `?`, still percent-encoded. */
  readonly rawQuery: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The exact bytes. */
  readonly body: Uint8Array;
  readonly contentType: string | undefined;
  /** The present app secret and, while it is being changed, the previous one. */
  readonly secrets: readonly string[];
  /** Epoch ms. */
  readonly now: number;
  /** How old a call may be; default 5 minutes. */
  readonly toleranceBeforeMs?: number;
  /** How far its clock may be ahead of ours; default 1 minute. */
  readonly toleranceAheadMs?: number;
};

export type VerifiedCall = {
  readonly ok: true;
  /** The query, decoded. */
  readonly params: ReadonlyMap<string, string>;
  /** The form body without names that the query has too; `undefined` for other bodies. */
  readonly form: ReadonlyMap<string, string> | undefined;
  /** The body as text, byte order mark and white space included. */
  readonly bodyText: string;
  readonly mediaType: string;
  /** The signed `timestamp`, epoch ms. */
  readonly sentAt: number;
};

export type RefusalReason =
  | 'body-too-large'
  | 'too-many-parameters'
  | 'unsupported-media-type'
  | 'unsupported-charset'
  | 'malformed-parameter'
  | 'doubled-parameter'
  | 'missing-sign'
  | 'wrong-sign'
  | 'missing-timestamp'
  | 'stale-timestamp'
  | 'future-timestamp'
  | 'not-utf8';

export type RefusedCall = { readonly ok: false; readonly reason: RefusalReason };

function refuse(reason: RefusalReason): RefusedCall {
  return { ok: false, reason };
}

/** The headers that the caller says it signed; names exactly as listed, a missing header is an empty value. */
function signedHeaders(headers: QimenCall['headers']): SignedParameters | RefusalReason {
  const found: SignedParameters = new Map();
  const list = headers['top-sign-list'];
  if (list === undefined || list === '') return found;
  // Types promise text, events come from elsewhere: a list of values signs nothing.
  if (typeof list !== 'string') return 'malformed-parameter';
  const names = list.split(',');
  if (names.length > MAX_PARAMETERS) return 'too-many-parameters';
  for (const name of names) {
    if (name.trim() === '') return 'malformed-parameter';
    // Two headers of one name, joined by the HTTP gateway, would hide one value behind the other.
    if (found.has(name)) return 'doubled-parameter';
    const key = name.toLowerCase();
    const value = Object.hasOwn(headers, key) ? headers[key] : undefined;
    if (value !== undefined && typeof value !== 'string') return 'malformed-parameter';
    const decoded = percentDecode(Buffer.from(value ?? '', 'utf8'));
    if (decoded === undefined) return 'malformed-parameter';
    found.set(name, { name: Buffer.from(name, 'utf8'), value: decoded });
  }
  return found;
}

/** MD5 over secret, sorted names and values, raw body, secret: whatever `sign_method` claims. */
function digest(secret: string, parameters: SignedParameters, body: Uint8Array): Buffer {
  const hash = createHash('md5').update(secret, 'utf8');
  // The default order of sort() is by UTF-16 code unit, as in Java.
  for (const key of [...parameters.keys()].sort()) {
    const parameter = parameters.get(key);
    if (key !== 'sign' && parameter !== undefined) hash.update(parameter.name).update(parameter.value);
  }
  return hash.update(body).update(secret, 'utf8').digest();
}

/** Tries every secret, also after a match, so that time says nothing about which one it was. */
function isSigned(sign: Buffer, secrets: readonly string[], parameters: SignedParameters, body: Uint8Array) {
  let matches = 0;
  for (const secret of secrets) {
    if (secret !== '' && timingSafeEqual(sign, digest(secret, parameters, body))) matches += 1;
  }
  return matches > 0;
}

function sentAtOf(timestamp: string | undefined): number | undefined {
  if (timestamp === undefined || !/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/.test(timestamp)) return undefined;
  try {
    return toEpochMs(fromChinaWallClock(timestamp));
  } catch {
    return undefined;
  }
}

/** Bytes to text; throws for anything that is not UTF-8, encoded surrogates included. A BOM is kept. */
function strictText(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
}

function strictTexts(parameters: SignedParameters): Map<string, string> {
  return new Map([...parameters.values()].map(({ name, value }) => [strictText(name), strictText(value)]));
}

/**
 * Verifies a call of the Qimen gateway over its exact bytes, before anything is parsed; fails closed.
 * Source: TOP protocol notes, section 8.2. The secret, values and body are hashed without separators, so the
 * signature does not say where one ends and the next begins: readers must refuse what they do not expect.
 */
export function verifyQimenSignature(call: QimenCall): VerifiedCall | RefusedCall {
  if (call.body.length > MAX_BODY_BYTES) return refuse('body-too-large');
  const media = readMediaType(call.contentType);
  if (typeof media === 'string') return refuse(media);
  const isForm = media.signedAs === 'form';
  const queryBytes = Buffer.from(call.rawQuery, 'utf8');
  const pairs = countPairs(queryBytes) + (isForm ? countPairs(call.body) : 0);
  if (pairs > MAX_PARAMETERS) return refuse('too-many-parameters');

  const query = readPairs(queryBytes);
  if (typeof query === 'string') return refuse(query);
  const form = isForm ? readPairs(call.body) : undefined;
  if (typeof form === 'string') return refuse(form);
  for (const name of query.keys()) form?.delete(name);
  const headers = signedHeaders(call.headers);
  if (typeof headers === 'string') return refuse(headers);

  const sign = query.get('sign')?.value.toString('latin1');
  if (sign === undefined || sign === '') return refuse('missing-sign');
  if (!/^[0-9A-F]{32}$/.test(sign)) return refuse('wrong-sign');
  // Later entries of a Map overwrite earlier ones: headers, then form, then query.
  const parameters: SignedParameters = new Map([...headers, ...(form ?? []), ...query]);
  const rawBody = isForm ? Buffer.alloc(0) : call.body;
  if (!isSigned(Buffer.from(sign, 'hex'), call.secrets, parameters, rawBody)) return refuse('wrong-sign');

  const sentAt = sentAtOf(query.get('timestamp')?.value.toString('latin1'));
  if (sentAt === undefined) return refuse('missing-timestamp');
  if (call.now - sentAt > (call.toleranceBeforeMs ?? 5 * MINUTE_MS)) return refuse('stale-timestamp');
  if (sentAt - call.now > (call.toleranceAheadMs ?? MINUTE_MS)) return refuse('future-timestamp');
  try {
    const bodyText = strictText(call.body);
    const formTexts = form === undefined ? undefined : strictTexts(form);
    return {
      ok: true,
      params: strictTexts(query),
      form: formTexts,
      bodyText,
      mediaType: media.mediaType,
      sentAt,
    };
  } catch {
    return refuse('not-utf8');
  }
}
