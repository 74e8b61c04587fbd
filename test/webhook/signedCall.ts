import { createHash } from 'node:crypto';
import type { QimenCall } from '../../lib/webhook/verifyQimenSignature.ts';

/** 2025-03-25 12:00:00 in China, the time of most vectors. */
export const NOW = Date.parse('2025-03-25T12:00:00+08:00');
export const SECRET = 'calleesecret';

export const QUERY: Readonly<Record<string, string>> = {
  method: 'qimen.tmall.car.leads.synchronize',
  app_key: '12345678',
  timestamp: '2025-03-25 12:00:00',
};

type Parts = {
  readonly query?: Readonly<Record<string, string>>;
  readonly form?: Readonly<Record<string, string>>;
  readonly signedHeaders?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly contentType?: string;
  readonly secret?: string;
};

function encode(pairs: Readonly<Record<string, string>>): string {
  return Object.entries(pairs)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&');
}

/** The gateway's side, written apart from the verifier: the sign of decoded parameters and a raw body. */
export function signOf(secret: string, parameters: Readonly<Record<string, string>>, body: string): string {
  const base = Object.keys(parameters)
    .sort()
    .map((name) => name + parameters[name])
    .join('');
  return createHash('md5').update(`${secret}${base}${body}${secret}`, 'utf8').digest('hex').toUpperCase();
}

/** A call as the gateway would make it. */
export function signedCall(parts: Parts = {}): QimenCall {
  const { query = QUERY, form, signedHeaders = {}, body = '{"a":"1"}', secret = SECRET } = parts;
  const parameters = { ...signedHeaders, ...form, ...query };
  const sign = signOf(secret, parameters, form === undefined ? body : '');
  const names = Object.keys(signedHeaders);
  const lowerCased = Object.entries(signedHeaders).map(([name, value]) => [name.toLowerCase(), value]);
  return {
    rawQuery: encode({ ...query, sign }),
    headers: {
      ...(names.length > 0 ? { 'top-sign-list': names.join(',') } : {}),
      ...Object.fromEntries(lowerCased),
    },
    body: Buffer.from(form === undefined ? body : encode(form), 'utf8'),
    contentType:
      parts.contentType ?? (form === undefined ? 'application/json' : 'application/x-www-form-urlencoded'),
    secrets: [SECRET],
    now: NOW,
  };
}
