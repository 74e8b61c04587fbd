import { createHash } from 'node:crypto';
import { at as elementAt, hash32 } from '../random.ts';
import { wallClock } from '../wallClock.ts';
import { createBuyer } from '../world/buyers.ts';

/** A call of the gateway to a callee, ready to be sent. */
export type PushedCall = { url: string; headers: Record<string, string>; body: string; isForged: boolean };

type Parameters = Readonly<Record<string, string>>;

const METHOD = 'qimen.tmall.car.leads.synchronize';
const formats = ['json', 'form', 'xml'] as const;
/** People of pushed leads lie beyond those of any world's trades. */
const FIRST_PERSON = 4_000_000;

/** The callee's sign: MD5 between two secrets, over sorted names and values (empty ones too) and the raw body. */
export function calleeSign(secret: string, parameters: Parameters, rawBody: string): string {
  const names = Object.keys(parameters).sort();
  const base = names.map((name) => name + (parameters[name] ?? '')).join('');
  return createHash('md5').update(`${secret}${base}${rawBody}${secret}`, 'utf8').digest('hex').toUpperCase();
}

/** The n-th invented lead. */
export function pushedLead(seed: string, n: number): Parameters {
  const buyer = createBuyer(seed, FIRST_PERSON + n);
  const draw = hash32(`${seed}/pushed/${n}`);
  return {
    name: buyer.name,
    mobile: buyer.mobile,
    addr: buyer.address,
    district_id: String(330_100 + (draw % 20)),
    brand: '砚山',
    line: `青屿 ${3 + (draw % 4)}`,
    year: String(2024 + (draw % 3)),
    model: '长续航版',
    price: String(100_000 + (draw % 900) * 100),
    favorite_brand: '',
    attr: `{"store_id":${n % 2 === 0 ? '4277659395456225432' : '"S1"'},"store_code":"C${n}"}`,
    price_memo: '周末到店',
  };
}

function bodyOf(format: (typeof formats)[number], fields: Parameters): { type: string; body: string } {
  if (format === 'json') return { type: 'application/json;charset=utf-8', body: JSON.stringify(fields) };
  if (format === 'form') {
    const body = new URLSearchParams({ ...fields }).toString();
    return { type: 'application/x-www-form-urlencoded;charset=utf-8', body };
  }
  const text = (value: string) => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const elements = Object.entries(fields).map(([name, value]) => `<${name}>${text(value)}</${name}>`);
  return {
    type: 'text/xml;charset=utf-8',
    body: `<?xml version="1.0" encoding="utf-8"?><request>${elements.join('')}</request>`,
  };
}

/** The ways in which forged calls of this simulator are wrong. */
export const FORGERIES = [
  'body',
  'sign',
  'no-sign',
  'secret',
  'stale',
  'future',
  'parameter',
  'lower-case',
] as const;
export type Forgery = (typeof FORGERIES)[number];

/** The n-th lead as a call of the gateway, signed with the callee's secret, or forged in one way. */
export function pushedCall(options: {
  target: string;
  secret: string;
  shop: string | undefined;
  seed: string;
  n: number;
  /** Real clock, epoch ms: the gateway signs when it sends. */
  now: number;
  forgery?: Forgery | undefined;
}): PushedCall {
  const { target, shop, seed, n, now, forgery } = options;
  const format = elementAt(formats, n);
  const fields = pushedLead(seed, n);
  const { type, body } = bodyOf(format, fields);
  const sentAt = forgery === 'stale' ? now - 3_600_000 : forgery === 'future' ? now + 3_600_000 : now;
  const own: Parameters = {
    method: METHOD,
    app_key: '88000002',
    timestamp: wallClock(sentAt),
    v: '2.0',
    format: format === 'xml' ? 'xml' : 'json',
    sign_method: 'md5',
    ...(shop === undefined ? {} : { shop }),
  };
  const trace = n % 5 === 0 ? { 'X-Trace': `sim ${n}` } : {};
  const signedPairs = { ...trace, ...(format === 'form' ? fields : {}), ...own };
  const secret = forgery === 'secret' ? `${options.secret}x` : options.secret;
  const sign = calleeSign(secret, signedPairs, format === 'form' ? '' : body);
  const query = new URLSearchParams({
    ...own,
    ...(forgery === 'parameter' ? { customerId: 'other' } : {}),
    ...(forgery === 'no-sign' ? {} : { sign: wrongSign(sign, forgery) }),
  });
  return {
    url: `${target}${target.includes('?') ? '&' : '?'}${query}`,
    headers: {
      'content-type': type,
      ...(n % 5 === 0 ? { 'top-sign-list': 'X-Trace', 'x-trace': encodeURIComponent(`sim ${n}`) } : {}),
    },
    body: forgery === 'body' ? body.replace('青屿', '白鹭').replace('%E9%9D%92', '%E9%9D%93') : body,
    isForged: forgery !== undefined,
  };
}

function wrongSign(sign: string, forgery: Forgery | undefined): string {
  if (forgery === 'sign') return `${sign.startsWith('0') ? '1' : '0'}${sign.slice(1)}`;
  return forgery === 'lower-case' ? sign.toLowerCase() : sign;
}
