import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ACCEPTED_METHODS } from '../../lib/webhook/acceptedMethods.ts';
import { readJsonFields } from '../../lib/webhook/readJsonFields.ts';
import { readRequestFields } from '../../lib/webhook/readRequestFields.ts';
import { readXmlFields } from '../../lib/webhook/readXmlFields.ts';

const nested = (open: string, close: string, depth: number) => open.repeat(depth) + close.repeat(depth);
const request = (content: string) => `<request>${content}</request>`;

function fieldsOf(read: ReturnType<typeof readXmlFields>): unknown {
  return read.ok ? read.fields : read.message;
}

describe('an XML body', () => {
  it.each([
    [
      'text, blank and empty elements',
      request('<a>1</a><b> </b><c/><d></d>'),
      { a: '1', b: ' ', c: '', d: '' },
    ],
    ['a declaration', `<?xml version="1.0" encoding="UTF-8"?>${request('<a>测</a>')}`, { a: '测' }],
    ['a byte order mark', `\uFEFF${request('<a>1</a>')}`, { a: '1' }],
    ['white space around everything', ` \n${request('\n <a>1</a>\n ')}\n`, { a: '1' }],
    ['the entities of XML', request('<a>&lt;&amp;gt;&#20013;&#x4E2D;&apos;&quot;</a>'), { a: `<&gt;中中'"` }],
    ['CDATA as it stands', request('<a>x<![CDATA[<b>&amp;]]>y</a>'), { a: 'x<b>&amp;y' }],
    ['comments', request('<!-- x --><a>1<!-- y -->2</a>'), { a: '12' }],
    ['attributes, unread', request('<a b="2">1</a>'), { a: '1' }],
    ['elements in elements', request('<a><b>1</b><c><d>2</d></c></a>'), { a: { b: '1', c: { d: '2' } } }],
    ['lists', request('<a><b>1</b><b>2</b></a>'), { a: { b: ['1', '2'] } }],
    [
      'digits as they stand',
      request('<a>4277659395456225432</a><b>007</b>'),
      { a: '4277659395456225432', b: '007' },
    ],
    ['names of Object.prototype', request('<toString>1</toString>'), { toString: '1' }],
    ['elements as deep as allowed', request(nested('<a>', '</a>', 1)), { a: '' }],
  ])('gives %s', (_what, body, fields) => {
    expect(fieldsOf(readXmlFields(body))).toEqual(fields);
  });

  it.each([
    ['nothing', '', 'not XML'],
    ['JSON', '{"a":1}', 'not XML'],
    ['two roots', '<a/><b/>', 'not one XML element'],
    ['an open element', '<request><a>1</a>', 'not XML'],
    ['crossed elements', '<request><a></request></a>', 'not XML'],
    ['a doubled name', request('<a>1</a><a>2</a>'), 'a doubled name'],
    ['text beside elements', request('x<a>1</a>'), 'text between elements'],
    ['text beside inner elements', request('<a>x<b>1</b></a>'), 'text between elements'],
    ['an unknown entity', request('<a>&xxe;</a>'), 'an entity that XML does not define'],
    ['a character that XML forbids', request('<a>&#0;</a>'), 'an entity that XML does not define'],
    ['a lone surrogate', request('<a>&#xD800;</a>'), 'an entity that XML does not define'],
    [
      'another encoding',
      `<?xml version="1.0" encoding="GBK"?>${request('')}`,
      'an encoding other than UTF-8',
    ],
    ['__proto__', request('<__proto__><x>1</x></__proto__>'), 'not XML'],
    ['an inner __proto__', request('<a><__proto__>1</__proto__></a>'), 'not XML'],
    ['more elements than anybody sends', request('<a/>'.repeat(30_000)), 'too many elements'],
  ])('is refused with %s', (_what, body, message) => {
    expect(fieldsOf(readXmlFields(body))).toBe(message);
  });

  it.each([
    ['<!DOCTYPE request [<!ENTITY a "b">]>', '&a;'],
    ['<!DOCTYPE request SYSTEM "http://127.0.0.1:1/x.dtd">', ''],
    ['<!DOCTYPE request [<!ENTITY a SYSTEM "file:///etc/hostname">]>', '&a;'],
    ['<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;">]>', '&c;'],
    ['<!DOCTYPE r [<!ENTITY % a SYSTEM "http://127.0.0.1:1/"> %a;]>', ''],
    ['<!DOCTYPE r [<!ENTITY l. "x">]>', '&lt;'],
    ['<!doctype r>', ''],
    ['<!ENTITY a "b">', ''],
    ['<!ELEMENT a ANY>', ''],
    ['<!\u0000DOCTYPE r>', ''],
  ])('is refused before parsing with %s', (prolog, use) => {
    for (const body of [`${prolog}${request(`<a>${use}</a>`)}`, request(`${prolog}<a>${use}</a>`)]) {
      expect(fieldsOf(readXmlFields(body))).toBe('a document type or declaration');
    }
  });

  it('nests as deep as allowed and no deeper', () => {
    const deep = (depth: number) => readXmlFields(request(nested('<a>', '</a>', depth)));

    expect([deep(31).ok, deep(32).ok, deep(33).ok]).toEqual([true, true, false]);
  });

  it('gives back any text and any tree of honest names', () => {
    const name = fc
      .stringMatching(/^[a-zA-Z_][\w.-]{0,6}$/)
      .filter((text) => !/^xml|^__proto__$|^constructor$|^prototype$/i.test(text));
    const text = fc.string({ unit: 'grapheme' }).filter((value) => !/[\p{Cc}\ufffe\uffff]/u.test(value));
    const escaped = (value: string) =>
      value.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
    const fields = fc.dictionary(name, text, { maxKeys: 6, noNullPrototype: true });

    fc.assert(
      fc.property(fields, (given) => {
        const elements = Object.entries(given).map(([key, value]) => `<${key}>${escaped(value)}</${key}>`);

        expect(readXmlFields(request(elements.join('')))).toEqual({ ok: true, fields: given });
      }),
    );
  });
});

describe('a JSON body', () => {
  it.each([
    ['{"a":"1","b":{"a":"2"},"c":[{"a":1},{"a":2}]}', { a: '1', b: { a: '2' }, c: [{ a: 1 }, { a: 2 }] }],
    ['\uFEFF {"a":4277659395456225432} ', { a: '4277659395456225432' }],
    [String.raw`{"a\"b":"{\"a\":1,\"a\":2}","a":"\\"}`, { 'a"b': '{"a":1,"a":2}', a: '\\' }],
    ['{"toString":"1","hasOwnProperty":"2"}', { toString: '1', hasOwnProperty: '2' }],
    ['{}', {}],
  ])('%s gives its members', (body, fields) => {
    expect(fieldsOf(readJsonFields(body))).toEqual(fields);
  });

  it.each([
    ['{"a":1,"a":2}', 'a doubled name'],
    [String.raw`{"a":1,"\u0061":1}`, 'a doubled name'],
    ['{"x":[{"a":1,"b":[],"a":1}]}', 'a doubled name'],
    ['{"a":1,"b":{"a":1},"a":{}}', 'a doubled name'],
    ['{"__proto__":{"x":1}}', 'a reserved name'],
    [String.raw`{"\u005f_proto__":1}`, 'a reserved name'],
    ['{"a":[{"constructor":{"prototype":{}}}]}', 'a reserved name'],
    [`{"a":${nested('[', ']', 32)}}`, 'nested deeper than 32'],
    [`{"a":${nested('[', ']', 200)}}`, 'not JSON'],
    [String.raw`{"a":"\ud83d"}`, 'text with a lone surrogate'],
    [String.raw`{"\ud83d":1}`, 'text with a lone surrogate'],
    ['{"a":1', 'not JSON'],
    ['{"a":1}{"b":2}', 'not JSON'],
    ["{'a':1}", 'not JSON'],
    ['[{"a":1}]', 'not a JSON object'],
    ['null', 'not a JSON object'],
    ['7', 'not a JSON object'],
    ['', 'not JSON'],
  ])('%s is refused', (body, message) => {
    expect(fieldsOf(readJsonFields(body))).toBe(message);
  });

  it('is read whatever JSON it is, unless a name is doubled or reserved', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }), { noNullPrototype: true }),
        (value) => {
          const text = JSON.stringify(value);
          const isSafe = !/"(__proto__|constructor|prototype)":/.test(text) && !/\\ud[89a-f]/.test(text);

          expect(readJsonFields(text).ok || !isSafe).toBe(true);
        },
      ),
    );
  });
});

describe('a plain text body', () => {
  const read = (bodyText: string) =>
    fieldsOf(readRequestFields({ form: undefined, mediaType: 'text/plain', bodyText }));

  it('is read as what it looks like', () => {
    expect(read('{"a":"1"}')).toEqual({ a: '1' });
    expect(read('\uFEFF <r><a>1</a></r>')).toEqual({ a: '1' });
    expect(read('a=1')).toBe('not JSON');
  });
});

describe('the accepted methods', () => {
  it('are all those of the folder, each under a name of its own', async () => {
    const folder = join(import.meta.dirname, '../../lib/webhook/methods');
    const modules = await Promise.all(readdirSync(folder).map((file) => import(join(folder, file))));
    const declared = modules
      .flatMap((module) => Object.values(module))
      .filter(
        (value) => typeof Object(value).read === 'function' && typeof Object(value).method === 'string',
      );

    expect(declared.length).toBeGreaterThan(0);
    expect(new Set(ACCEPTED_METHODS)).toEqual(new Set(declared));
    expect(new Set(ACCEPTED_METHODS.map(({ method }) => method)).size).toBe(declared.length);
  });
});
