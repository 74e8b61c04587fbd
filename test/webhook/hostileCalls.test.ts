import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toChinaWallClock } from '../../lib/domain/chinaTime.ts';
import { type QimenCall, verifyQimenSignature } from '../../lib/webhook/verifyQimenSignature.ts';
import { NOW, QUERY, SECRET, signedCall, signOf } from './signedCall.ts';

const reasonOf = (call: QimenCall) => {
  const result = verifyQimenSignature(call);
  return result.ok ? 'ok' : result.reason;
};

/** Everything the signature covers, decoded, in the order in which it is signed. */
function signedText(call: QimenCall): string {
  const result = verifyQimenSignature(call);
  if (!result.ok) throw new Error(result.reason);
  const pairs = [...result.params].filter(([name]) => name !== 'sign');
  return [...pairs, ...(result.form ?? [])]
    .map((pair) => pair.join(''))
    .sort()
    .join('');
}

const BODY = '{"name":"测试甲","mobile":"13900000001","attr":"{}"}';
const variants: readonly (readonly [string, QimenCall])[] = [
  ['a JSON body', signedCall({ body: BODY })],
  ['an XML body', signedCall({ body: '<request><name>测试甲</name></request>', contentType: 'text/xml' })],
  ['a text body', signedCall({ body: `\uFEFF${BODY}\r\n`, contentType: 'text/plain' })],
  ['a form', signedCall({ form: { name: '测试甲', addr: 'a b+c', note: '' } })],
  ['signed headers', signedCall({ body: BODY, signedHeaders: { 'X-Trace': 'abc', 'x-note': '测 1' } })],
];

describe.each(variants)('a signed call with %s', (_what, call) => {
  it('is accepted', () => {
    expect(reasonOf(call)).toBe('ok');
  });

  it('is refused with any other byte in its body', () => {
    const at = fc.nat(call.body.length - 1);
    fc.assert(
      fc.property(at, fc.integer({ min: 1, max: 255 }), (place, mask) => {
        const body = Buffer.from(call.body);
        body.writeUInt8(body.readUInt8(place) ^ mask, place);
        const changed = { ...call, body };

        // A form has several spellings (`%e6`, `+`); only one that says the same is the same.
        if (verifyQimenSignature(changed).ok) expect(signedText(changed)).toBe(signedText(call));
        else expect(reasonOf(changed)).not.toBe('ok');
        if (call.contentType !== 'application/x-www-form-urlencoded')
          expect(reasonOf(changed)).not.toBe('ok');
      }),
      { numRuns: 500 },
    );
  });

  it('is refused with a byte more or less in its body', () => {
    fc.assert(
      fc.property(fc.nat(call.body.length), fc.integer({ min: 0, max: 255 }), (place, byte) => {
        const [head, tail] = [call.body.subarray(0, place), call.body.subarray(place)];
        const longer = { ...call, body: Buffer.concat([head, Buffer.of(byte), tail]) };
        const shorter = { ...call, body: Buffer.concat([head, tail.subarray(1)]) };

        for (const changed of [longer, ...(tail.length > 0 ? [shorter] : [])]) {
          if (verifyQimenSignature(changed).ok) expect(signedText(changed)).toBe(signedText(call));
        }
        if (call.contentType !== 'application/x-www-form-urlencoded') {
          expect(reasonOf(longer)).toBe('wrong-sign');
          if (tail.length > 0) expect(reasonOf(shorter)).toBe('wrong-sign');
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is refused with any other byte in its query, unless it still says the same', () => {
    const at = fc.nat(call.rawQuery.length - 1);
    fc.assert(
      fc.property(at, fc.integer({ min: 0x20, max: 0x7e }), (place, byte) => {
        const { rawQuery } = call;
        const mark = String.fromCharCode(byte);
        const changed = { ...call, rawQuery: rawQuery.slice(0, place) + mark + rawQuery.slice(place + 1) };

        if (verifyQimenSignature(changed).ok) expect(signedText(changed)).toBe(signedText(call));
        else expect(reasonOf(changed)).not.toBe('ok');
      }),
      { numRuns: 1000 },
    );
  });
});

describe('signed headers', () => {
  const call = signedCall({ signedHeaders: { 'X-Trace': 'abc def', 'X-Note': '12' } });
  const listed = Object.keys(call.headers);

  it.each(listed)('make a call refused with any byte of %s changed, doubled or gone', (name) => {
    const value = call.headers[name] ?? '';
    for (let at = 0; at < value.length; at += 1) {
      for (const mark of ['', '0', 'Z', ',', '%', `${value.charAt(at)}${value.charAt(at)}`]) {
        if (mark === value.charAt(at)) continue;
        const headers = { ...call.headers, [name]: value.slice(0, at) + mark + value.slice(at + 1) };

        expect(reasonOf({ ...call, headers })).not.toBe('ok');
      }
    }
    expect(reasonOf({ ...call, headers: { ...call.headers, [name]: `${value},${value}` } })).not.toBe('ok');
    const { [name]: _gone, ...rest } = call.headers;
    expect(reasonOf({ ...call, headers: rest })).toBe('wrong-sign');
  });
});

describe('spellings of one call', () => {
  it.each([
    ['a plus for a blank', (raw: string) => raw.replaceAll('%20', '+')],
    ['lower-case hex digits', (raw: string) => raw.replace(/%[\dA-F]{2}/g, (hex) => hex.toLowerCase())],
    ['letters as escapes', (raw: string) => raw.replace('method', '%6Dethod')],
    ['the parameters in another order', (raw: string) => raw.split('&').reverse().join('&')],
    ['an empty pair', (raw: string) => `&${raw}&`],
  ])('are one call: %s', (_what, respell) => {
    const call = signedCall({ query: { ...QUERY, note: '测 试' } });

    const result = verifyQimenSignature({ ...call, rawQuery: respell(call.rawQuery) });

    expect(result.ok && result.params.get('note')).toBe('测 试');
  });
});

describe('defects of other verifiers, each by its name', () => {
  it('empty secret: a check with no key is no check', () => {
    for (const secrets of [[], [''], ['', '']]) {
      expect(reasonOf({ ...signedCall({ secret: '' }), secrets })).toBe('wrong-sign');
    }
  });

  it('missing signature: its absence is a refusal, not a skipped check', () => {
    const rawQuery = new URLSearchParams(QUERY).toString();

    expect(reasonOf({ ...signedCall(), rawQuery })).toBe('missing-sign');
  });

  it('array header: a list where a text is promised signs nothing', () => {
    const call = signedCall({ signedHeaders: { 'X-Trace': 'abc' } });
    for (const odd of [['abc'], [['abc']], { 0: 'abc' }, 5, null]) {
      for (const name of ['x-trace', 'top-sign-list']) {
        const headers = JSON.parse(JSON.stringify({ ...call.headers, [name]: odd }));

        expect(reasonOf({ ...call, headers })).not.toBe('ok');
      }
    }
  });

  it('truncated signature: a prefix is another signature', () => {
    const call = signedCall();
    const sign = new URLSearchParams(call.rawQuery).get('sign') ?? '';
    for (let kept = 0; kept < 32; kept += 1) {
      const rawQuery = call.rawQuery.replace(sign, sign.slice(0, kept));

      expect(reasonOf({ ...call, rawQuery })).toMatch(/sign$/);
    }
  });

  it('tolerance 0: none, instead of no check', () => {
    const late = { ...signedCall(), now: NOW + 1, toleranceBeforeMs: 0 };

    expect(reasonOf(late)).toBe('stale-timestamp');
  });

  it('future stamp: a capture dated ahead is not fresh for ever', () => {
    const timestamp = toChinaWallClock(NOW + 61_000);

    expect(reasonOf(signedCall({ query: { ...QUERY, timestamp } }))).toBe('future-timestamp');
  });

  it('unsigned stamp: freshness is read from what is signed', () => {
    const { timestamp: _gone, ...query } = QUERY;
    const call = signedCall({ query });

    expect(reasonOf({ ...call, headers: { timestamp: QUERY['timestamp'] ?? '' } })).toBe('missing-timestamp');
    expect(reasonOf({ ...call, rawQuery: `${call.rawQuery}&timestamp=2025-03-25+12:00:00` })).toBe(
      'wrong-sign',
    );
  });

  it('re-serialised body: the bytes are signed, not what they mean', () => {
    const call = signedCall({ body: '{ "a": 1.0, "b": "\\u4e2d" }' });
    const again = Buffer.from(JSON.stringify(JSON.parse(call.body.toString())));

    expect(reasonOf(call)).toBe('ok');
    expect(reasonOf({ ...call, body: again })).toBe('wrong-sign');
  });

  it('charset folding: bytes of another charset are not the text they look like', () => {
    // 测 in GBK is B2E2; a lenient decoder makes it two replacement characters.
    const gbk = Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xb2, 0xe2, 0x22, 0x7d]);
    const folded = signedCall({ body: new TextDecoder().decode(gbk) });

    expect(reasonOf({ ...folded, body: gbk })).toBe('wrong-sign');
    for (const charset of ['gbk', 'gb18030', 'iso-8859-1', 'utf-16', 'utf-7', 'us-ascii', '']) {
      const contentType = `application/json; charset=${charset}`;
      expect(reasonOf({ ...signedCall(), contentType })).toBe('unsupported-charset');
    }
  });

  it('unicode folding: composed and decomposed letters are different bodies', () => {
    const call = signedCall({ body: '{"a":"é"}' });

    expect(reasonOf({ ...call, body: Buffer.from('{"a":"é"}'.normalize('NFD')) })).toBe('wrong-sign');
  });

  it('body outside the check: a form sent as another type is signed as that type', () => {
    const form = signedCall({ form: { a: '1', zz: '2' } });
    const raw = signedCall({ body: 'a=1&zz=2' });

    expect(reasonOf({ ...form, contentType: 'application/json' })).toBe('wrong-sign');
    expect(reasonOf({ ...raw, contentType: 'application/x-www-form-urlencoded' })).toBe('wrong-sign');
    expect(reasonOf({ ...raw, contentType: 'multipart/form-data; boundary=x' })).toBe(
      'unsupported-media-type',
    );
  });

  it('algorithm of the caller: a weaker or another one is not chosen by the call', () => {
    const call = signedCall({ query: { ...QUERY, sign_method: 'none' }, body: BODY });
    const base = signOf(SECRET, { ...QUERY, sign_method: 'none' }, '');

    expect(reasonOf(call)).toBe('ok');
    expect(reasonOf({ ...call, rawQuery: call.rawQuery.replace(/sign=\w+$/, `sign=${base}`) })).toBe(
      'wrong-sign',
    );
  });

  it('rotation left open: a secret that is no longer configured opens nothing', () => {
    const old = signedCall({ secret: 'previous-secret' });

    expect(reasonOf({ ...old, secrets: [SECRET, 'previous-secret'] })).toBe('ok');
    expect(reasonOf({ ...old, secrets: [SECRET] })).toBe('wrong-sign');
  });
});
