import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { fromChinaWallClock, toChinaWallClock, toEpochMs } from '../../lib/domain/chinaTime.ts';
import { type QimenCall, verifyQimenSignature } from '../../lib/webhook/verifyQimenSignature.ts';
import { NOW, QUERY, SECRET, signedCall, signOf } from './signedCall.ts';

const texts = z.record(z.string(), z.string());
const vectors = z
  .array(
    z.object({
      id: z.string(),
      secret: z.string(),
      query: texts,
      contentType: z.string(),
      headers: texts,
      body: z.string(),
      bodyBytes: z.number().optional(),
      sign: z.string(),
    }),
  )
  .parse(JSON.parse(readFileSync(new URL('../fixtures/callee-vectors.json', import.meta.url), 'utf8')));
type Vector = (typeof vectors)[number];

function callOf(vector: Vector): QimenCall {
  return {
    rawQuery: new URLSearchParams({ ...vector.query, sign: vector.sign }).toString(),
    headers: vector.headers,
    body: Buffer.from(vector.body, 'utf8'),
    contentType: vector.contentType,
    secrets: [vector.secret],
    now: toEpochMs(fromChinaWallClock(vector.query['timestamp'] ?? '')),
  };
}

const reasonOf = (call: QimenCall) => {
  const result = verifyQimenSignature(call);
  return result.ok ? 'ok' : result.reason;
};

const withQuery = (call: QimenCall, change: (rawQuery: string) => string): QimenCall => ({
  ...call,
  rawQuery: change(call.rawQuery),
});

describe('the published vectors', () => {
  it.each(vectors)('accepts $id', (vector) => {
    const call = callOf(vector);

    const result = verifyQimenSignature(call);

    expect(call.body.length).toBe(vector.bodyBytes ?? call.body.length);
    expect(result).toMatchObject({ ok: true, bodyText: vector.body });
    expect(result.ok && Object.fromEntries(result.params)).toEqual({ ...vector.query, sign: vector.sign });
  });

  it.each(vectors)('refuses $id with any byte of its body changed', (vector) => {
    const call = callOf(vector);
    for (let at = 0; at < call.body.length; at += 1) {
      for (const bit of [1, 0x20, 0x80]) {
        const body = Buffer.from(call.body);
        body.writeUInt8(body.readUInt8(at) ^ bit, at);
        const result = verifyQimenSignature({ ...call, body });

        // The same form can be spelt in several ways (%e6 for %E6); another one is refused.
        const same = result.ok && vector.contentType.includes('form') && sameForm(body, call.body);
        expect(result.ok).toBe(same);
      }
    }
  });

  it.each(vectors)('accepts no changed byte of the query of $id that changes what is signed', (vector) => {
    // Names and values are signed without separators, so that `a=b` and `a&b` sign alike; receivers cope.
    const baseOf = (params: ReadonlyMap<string, string>) =>
      [...params]
        .flatMap((pair) => (pair[0] === 'sign' ? [] : [pair.join('')]))
        .sort()
        .join('');
    const call = callOf(vector);
    const original = verifyQimenSignature(call);
    let refused = 0;
    for (let at = 0; at < call.rawQuery.length; at += 1) {
      for (const mark of ['0', 'A', '=', '&', '%', '+', '\u0000', 'é']) {
        const result = verifyQimenSignature(
          withQuery(call, (raw) => raw.slice(0, at) + mark + raw.slice(at + 1)),
        );

        if (result.ok) expect(original.ok && baseOf(original.params)).toBe(baseOf(result.params));
        else refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(call.rawQuery.length * 7);
  });

  it.each(vectors)('refuses $id with any parameter left out', (vector) => {
    const pairs = [...new URLSearchParams({ ...vector.query, sign: vector.sign })];
    const subsets = 2 ** pairs.length - 1;
    for (let kept = 0; kept < subsets; kept += 1) {
      const left = pairs.filter((_pair, at) => (kept >> at) % 2 === 1);

      expect(reasonOf(withQuery(callOf(vector), () => new URLSearchParams(left).toString()))).not.toBe('ok');
    }
  });

  it.each(vectors)('refuses $id under another secret', (vector) => {
    expect(reasonOf({ ...callOf(vector), secrets: [`${vector.secret}x`] })).toBe('wrong-sign');
  });
});

function sameForm(left: Uint8Array, right: Uint8Array): boolean {
  const read = (bytes: Uint8Array) => [...new URLSearchParams(Buffer.from(bytes).toString('utf8'))].sort();
  return JSON.stringify(read(left)) === JSON.stringify(read(right));
}

describe('freshly signed calls', () => {
  const name = fc.stringMatching(/^[a-z_]{1,8}$/).filter((text) => text !== 'sign' && text !== 'timestamp');
  const value = fc.string({ unit: 'grapheme', maxLength: 8 });
  const pairs = fc.dictionary(name, value, { maxKeys: 6, noNullPrototype: true });
  const query = pairs.map((more) => ({ ...more, timestamp: QUERY['timestamp'] ?? '' }));

  it('are accepted with any parameters and any raw body', () => {
    fc.assert(
      fc.property(query, fc.string({ unit: 'grapheme' }), (parameters, body) => {
        const result = verifyQimenSignature(signedCall({ query: parameters, body }));

        expect(result).toMatchObject({ ok: true, bodyText: body });
      }),
    );
  });

  it('are accepted as forms, where a name of the query wins', () => {
    fc.assert(
      fc.property(query, pairs, (parameters, form) => {
        const result = verifyQimenSignature(signedCall({ query: parameters, form }));

        const own = Object.entries(form).filter(([key]) => !Object.hasOwn(parameters, key));
        expect(result.ok && new Map(result.form)).toEqual(new Map(own));
      }),
    );
  });

  it('are accepted with signed headers, which the query overwrites', () => {
    const call = signedCall({ signedHeaders: { 'X-Trace': 'abc', method: 'from-header', 'X-Absent': '' } });
    const { 'x-absent': _absent, ...headers } = call.headers;

    expect(reasonOf({ ...call, headers })).toBe('ok');
    expect(reasonOf({ ...call, headers: { ...headers, 'x-trace': 'abd' } })).toBe('wrong-sign');
    expect(reasonOf({ ...call, headers: { 'x-trace': 'abc' } })).toBe('wrong-sign');
  });

  it('are accepted under the previous of two secrets', () => {
    expect(reasonOf({ ...signedCall(), secrets: ['newsecret', SECRET] })).toBe('ok');
    expect(reasonOf({ ...signedCall(), secrets: [SECRET, 'oldsecret'] })).toBe('ok');
  });

  it('keep emoji and names beyond the BMP in the order of UTF-16 code units', () => {
    const odd = { ...QUERY, '\u{1F697}': 'car', '\uFF5E': 'tilde' };

    expect(reasonOf(signedCall({ query: odd }))).toBe('ok');
  });
});

describe('freshness', () => {
  const at = (offsetMs: number) =>
    reasonOf(signedCall({ query: { ...QUERY, timestamp: toChinaWallClock(NOW + offsetMs) } }));

  it.each([
    [0, 'ok'],
    [-300_000, 'ok'],
    [-301_000, 'stale-timestamp'],
    [-86_400_000, 'stale-timestamp'],
    [60_000, 'ok'],
    [61_000, 'future-timestamp'],
    [8 * 3_600_000, 'future-timestamp'],
  ])('answers a call sent %i ms from now with %s', (offsetMs, reason) => {
    expect(at(offsetMs)).toBe(reason);
  });

  it('takes a tolerance of 0 as none, not as no check', () => {
    const call = { ...signedCall(), now: NOW + 1, toleranceBeforeMs: 0, toleranceAheadMs: 0 };

    expect(reasonOf(call)).toBe('stale-timestamp');
    expect(reasonOf({ ...call, now: NOW - 1 })).toBe('future-timestamp');
  });

  it.each([
    undefined,
    '',
    '1742875200000',
    '2025-03-25',
    '2025-03-25T12:00:00',
    '2025-02-30 12:00:00',
    '2025-03-25 24:00:00',
    ' 2025-03-25 12:00:00',
    '２０25-03-25 12:00:00',
  ])('refuses the signed timestamp %j', (timestamp) => {
    const { timestamp: _own, ...rest } = QUERY;
    const query = timestamp === undefined ? rest : { ...rest, timestamp };

    expect(reasonOf(signedCall({ query }))).toBe('missing-timestamp');
  });
});

describe('known defects of verifiers', () => {
  it('does not skip the check when the sign is missing', () => {
    const call = signedCall();

    expect(reasonOf(withQuery(call, (raw) => raw.replace(/&sign=.*$/, '')))).toBe('missing-sign');
    expect(reasonOf(withQuery(call, (raw) => raw.replace(/&sign=.*$/, '&sign=')))).toBe('missing-sign');
  });

  it.each([[[]], [['']], [['', '']]])('does not verify with the secrets %j', (secrets) => {
    const call = signedCall({ secret: '' });

    expect(reasonOf({ ...call, secrets })).toBe('wrong-sign');
  });

  it('does not read the sign from a header or form', () => {
    const { sign: _none, ...form } = { a: '1', sign: '' };
    const sign = signOf(SECRET, { ...form, ...QUERY }, '');
    const call = signedCall({ form });
    const body = Buffer.from(`a=1&sign=${sign}`);
    const rawQuery = new URLSearchParams(QUERY).toString();

    expect(reasonOf({ ...call, rawQuery, body, headers: { sign } })).toBe('missing-sign');
  });

  it('does not accept a lower-case sign', () => {
    const lower = (raw: string) => raw.replace(/sign=.*$/, (pair) => pair.toLowerCase());

    expect(reasonOf(withQuery(signedCall(), lower))).toBe('wrong-sign');
  });

  it.each(['A', '0'.repeat(31), '0'.repeat(33), '0'.repeat(64), 'G'.repeat(32), '测'.repeat(32)])(
    'does not throw on the odd sign %s',
    (sign) => {
      const odd = (raw: string) => raw.replace(/sign=.*$/, `sign=${encodeURIComponent(sign)}`);

      expect(reasonOf(withQuery(signedCall(), odd))).toBe('wrong-sign');
    },
  );

  it('does not let signer and reader see different ones of two parameters', () => {
    const call = signedCall();

    expect(reasonOf(withQuery(call, (raw) => `${raw}&method=other`))).toBe('doubled-parameter');
    expect(reasonOf(withQuery(call, (raw) => `${raw}&%6Dethod=other`))).toBe('doubled-parameter');
    expect(reasonOf({ ...signedCall({ form: { a: '1' } }), body: Buffer.from('a=1&a=1') })).toBe(
      'doubled-parameter',
    );
  });

  it('does not see a pair with a second raw equals sign, as the gateway does not', () => {
    const result = verifyQimenSignature(withQuery(signedCall(), (raw) => `${raw}&shop=a=b`));

    expect(result.ok && result.params.has('shop')).toBe(false);
    expect(result.ok).toBe(true);
  });

  it('does not drop empty values as the caller side does', () => {
    const call = signedCall({ query: { ...QUERY, note: '' } });

    expect(reasonOf(call)).toBe('ok');
    expect(reasonOf(withQuery(call, (raw) => raw.replace('note=', 'note')))).toBe('ok');
    expect(reasonOf(withQuery(call, (raw) => raw.replace('note=&', '')))).toBe('wrong-sign');
  });

  it('does not follow sign_method', () => {
    expect(reasonOf(signedCall({ query: { ...QUERY, sign_method: 'hmac-sha256' } }))).toBe('ok');
  });

  it('does not fold white space or a byte order mark of the body', () => {
    const call = signedCall({ body: '\uFEFF{"a":"1"} \r\n' });
    const trimmed = Buffer.from('{"a":"1"}');

    expect(verifyQimenSignature(call)).toMatchObject({ ok: true, bodyText: '\uFEFF{"a":"1"} \r\n' });
    expect(reasonOf({ ...call, body: trimmed })).toBe('wrong-sign');
  });

  it('does not fold invalid UTF-8 into replacement characters', () => {
    const signedReplacement = signedCall({ body: '{"a":"\uFFFD"}' });
    const invalid = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}')]);

    expect(reasonOf({ ...signedReplacement, body: invalid })).toBe('wrong-sign');
  });

  it.each([
    ['a bare byte', '%FF'],
    ['an encoded surrogate', '%ED%A0%80'],
    ['an overlong form', '%C0%AF'],
  ])('does not read %s, even when signed', async (_what, encoded) => {
    const { createHash } = await import('node:crypto');
    const bytes = Buffer.from(encoded.replaceAll('%', ''), 'hex');
    const hash = createHash('md5').update(SECRET).update('a').update(bytes);
    const sign = hash.update('timestamp2025-03-25 12:00:00').update(SECRET).digest('hex').toUpperCase();
    const rawQuery = `a=${encoded}&timestamp=2025-03-25+12:00:00&sign=${sign}`;

    expect(reasonOf({ ...signedCall(), rawQuery, body: Buffer.alloc(0) })).toBe('not-utf8');
  });

  it.each(['%', '%4', '%zz', '%-1', '%+1'])('does not read the malformed escape %s', (wrong) => {
    expect(reasonOf(withQuery(signedCall(), (raw) => `${raw}&x=${wrong}`))).toBe('malformed-parameter');
  });

  it.each([
    [undefined, 'unsupported-media-type'],
    ['', 'unsupported-media-type'],
    ['multipart/form-data', 'unsupported-media-type'],
    ['application/jsonx', 'unsupported-media-type'],
    ['application/json,text/plain', 'unsupported-media-type'],
    ['application/json; charset=gbk', 'unsupported-charset'],
    ['application/json; charset=utf-8; charset=gbk', 'unsupported-charset'],
    ['application/json; charset', 'ok'],
    ['application/json;charset=UTF-8', 'ok'],
    ['Application/JSON; charset="utf-8"', 'ok'],
    ['text/plain', 'ok'],
  ])('answers the content type %s with %s', (contentType, reason) => {
    expect(reasonOf({ ...signedCall(), contentType })).toBe(reason);
  });

  it('does not work for what is too large', () => {
    const many = Object.fromEntries(Array.from({ length: 98 }, (_, at) => [`p${at}`, 'x']));
    const query = { timestamp: QUERY['timestamp'] ?? '', ...many };
    const list = Array.from({ length: 101 }, (_, at) => `h${at}`).join(',');

    expect(reasonOf(signedCall({ query }))).toBe('ok');
    expect(reasonOf(signedCall({ query: { ...query, one: 'more' } }))).toBe('too-many-parameters');
    expect(reasonOf({ ...signedCall(), headers: { 'top-sign-list': list } })).toBe('too-many-parameters');
    expect(reasonOf(signedCall({ body: 'x'.repeat(256 * 1024) }))).toBe('ok');
    expect(reasonOf(signedCall({ body: 'x'.repeat(256 * 1024 + 1) }))).toBe('body-too-large');
  });

  it.each(['__proto__', 'constructor', 'toString'])('does not stumble over a parameter named %s', (odd) => {
    const call = signedCall();
    const list = { ...call.headers, 'top-sign-list': odd };
    const query: Record<string, string> = Object.fromEntries([...Object.entries(QUERY), [odd, 'x']]);

    expect(reasonOf({ ...call, headers: list })).toBe('wrong-sign');
    const sign = signOf(SECRET, query, '{"a":"1"}');
    const rawQuery = `${new URLSearchParams([...Object.entries(QUERY), [odd, 'x']])}&sign=${sign}`;
    expect(reasonOf({ ...call, rawQuery })).toBe('ok');
  });
});
