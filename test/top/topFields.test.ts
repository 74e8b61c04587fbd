import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { parseLossless, stringifyLossless } from '../../lib/top/losslessJson.ts';
import {
  topBoolean,
  topData,
  topDecimal,
  topDigits,
  topId,
  topInteger,
  topList,
  topObject,
  topRows,
  topText,
  topTime,
} from '../../lib/top/topFields.ts';

const REFUSED = Symbol('refused');

function read(kind: z.ZodType, json: string): unknown {
  const document = parseLossless(json === 'absent' ? '{}' : `{"f":${json}}`);
  const result = z.looseObject({ f: kind }).safeParse(document);
  return result.success ? result.data['f'] : REFUSED;
}

const rows: [string, z.ZodType, string, unknown][] = [
  ['text', topText(), '"x"', 'x'],
  ['text', topText(), '""', ''],
  ['text', topText(), '7', '7'],
  ['text', topText(), '4277659395456225432', '4277659395456225432'],
  ['text', topText(), '69.9', '69.9'],
  ['text', topText(), 'true', 'true'],
  ['text', topText(), '{"a":{"b":4277659395456225432}}', '{"a":{"b":"4277659395456225432"}}'],
  ['text', topText(), '["a",1]', '["a",1]'],
  ['text', topText(), '"$abc$def$1$"', '$abc$def$1$'],
  ['id', topId(), '4277659395456225432', '4277659395456225432'],
  ['id', topId(), '"4277659395456225432"', '4277659395456225432'],
  ['id', topId(), '12345', '12345'],
  ['id', topId(), '18446744073709551615', '18446744073709551615'],
  ['id', topId(), '""', undefined],
  ['id', topId(), '-1', REFUSED],
  ['id', topId(), '1.5', REFUSED],
  ['id', topId(), '"c"', REFUSED],
  ['id', topId(), '{}', REFUSED],
  ['integer', topInteger(), '28800', 28800],
  ['integer', topInteger(), '"28800"', 28800],
  ['integer', topInteger(), '-5', -5],
  ['integer', topInteger(), '1.0', 1],
  ['integer', topInteger(), '""', undefined],
  ['integer', topInteger(), '"total_fee"', REFUSED],
  ['integer', topInteger(), '1.5', REFUSED],
  ['integer', topInteger(), '4277659395456225432', REFUSED],
  ['decimal', topDecimal(), '"200.07"', '200.07'],
  ['decimal', topDecimal(), '200.07', '200.07'],
  ['decimal', topDecimal(), '0.1000000000000000055', '0.1000000000000000055'],
  ['decimal', topDecimal(), '88', '88'],
  ['decimal', topDecimal(), '"-0.5"', '-0.5'],
  ['decimal', topDecimal(), '""', undefined],
  ['decimal', topDecimal(), '"1,000.00"', REFUSED],
  ['boolean', topBoolean(), 'true', true],
  ['boolean', topBoolean(), '"true"', true],
  ['boolean', topBoolean(), '"False"', false],
  ['boolean', topBoolean(), '1', true],
  ['boolean', topBoolean(), '"0"', false],
  ['boolean', topBoolean(), '""', undefined],
  ['boolean', topBoolean(), '2', REFUSED],
  ['boolean', topBoolean(), '"yes"', REFUSED],
  ['time', topTime(), '"2025-03-25 12:00:00"', '2025-03-25 12:00:00'],
  ['time', topTime(), '"2025-03-25 12:00:00.100"', '2025-03-25 12:00:00.100'],
  ['time', topTime(), '"2025-03-25"', '2025-03-25'],
  ['time', topTime(), '1742880859000', '1742880859000'],
  ['time', topTime(), '"1742880859000"', '1742880859000'],
  ['time', topTime(), '""', undefined],
  ['time', topTime(), '"yesterday"', REFUSED],
  ['object', topObject({ a: topText() }), '{"a":1,"b":[2]}', { a: '1', b: [2] }],
  ['object', topObject({ a: topText() }), '[]', REFUSED],
  ['data', topData({ a: topText() }), '{"a":1,"b":2}', { a: '1', b: 2 }],
  ['data', topData({ a: topText() }), '{}', undefined],
  ['data', topData({ a: topText() }), '""', undefined],
  ['data', topData({ a: topText() }), '"x"', REFUSED],
  ...[
    topText(),
    topId(),
    topInteger(),
    topDecimal(),
    topBoolean(),
    topTime(),
    topObject({}),
    topData({}),
  ].flatMap((kind): [string, z.ZodType, string, unknown][] => [
    ['any kind', kind, 'null', undefined],
    ['any kind', kind, 'absent', undefined],
  ]),
];

describe('a scalar or object of TOP', () => {
  it.each(rows)('%s %# reads its spellings', (_, kind, json, expected) => {
    expect(read(kind, json)).toEqual(expected);
  });

  it('keeps unknown members as they came', () => {
    expect(read(topObject({ a: topId() }), '{"a":1,"new":{"id":4277659395456225432}}')).toEqual({
      a: '1',
      new: { id: '4277659395456225432' },
    });
  });

  it('writes an id of a request as an unquoted number', () => {
    const query = z.object({ order_id: topDigits() }).parse({ order_id: '4277659395456225432' });

    expect(stringifyLossless(query)).toBe('{"order_id":4277659395456225432}');
    expect(topDigits().safeParse('x').success).toBe(false);
  });
});

describe('a list of TOP', () => {
  const none = [
    'absent',
    'null',
    '""',
    '[]',
    '{}',
    '{"order":[]}',
    '{"order":null}',
    '{"order":{}}',
    '{"order":""}',
  ];

  it.each(none)('is empty as %s', (json) => {
    expect(read(topList(topText()), json)).toEqual([]);
    expect(read(topRows(topText()), json)).toEqual([]);
  });

  it.each(['["1","2"]', '[1,2]', '{"string":["1","2"]}', '{"any_tag":[1,2]}'])(
    'has two rows as %s',
    (json) => {
      expect(read(topList(topText()), json)).toEqual(['1', '2']);
    },
  );

  it.each(['"x"', '7', '{"a":[],"b":[]}', '{"message":"x"}', '{"broken":true}'])(
    'is no list as %s',
    (json) => {
      expect(read(topList(topText()), json)).toBe(REFUSED);
      expect(read(topRows(topText()), json)).toBe(REFUSED);
    },
  );

  it('reads row by row: a bad row costs its neighbours nothing', () => {
    const row = z.looseObject({ tid: topId(), part: topObject({ oid: topId() }) });

    const read_ = read(topRows(row), '{"trade":[{"tid":1},{"tid":2,"part":{"oid":"x"}},7,{"tid":"3"}]}');

    expect(read_).toMatchObject([
      { ok: true, value: { tid: '1' }, raw: { tid: 1 } },
      { ok: false, field: 'part.oid', raw: { tid: 2 } },
      { ok: false, field: '', raw: 7 },
      { ok: true, value: { tid: '3' } },
    ]);
  });
});
