import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Node, readJson, TaggedList, writeJson } from '../../../../infra/local/simulator/json.ts';

const flat = { lists: 'flat', empty: 'array' } as const;
const { document } = fc.letrec<{ document: Node }>((tie) => ({
  document: fc.oneof(
    { depthSize: 'small' },
    fc.string({ unit: 'binary' }),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('document')),
    fc.dictionary(
      fc.string().filter((name) => name !== '__proto__'),
      tie('document'),
      { noNullPrototype: true },
    ),
  ),
}));

test('what is written is read back with every digit', () => {
  fc.assert(
    fc.property(document, (value) => {
      expect(readJson(writeJson(value, flat) ?? '')).toEqual(value);
    }),
  );
});

test('an id is an unquoted integer in both directions', () => {
  expect(writeJson({ order_id: 4277659395456225432n }, flat)).toBe('{"order_id":4277659395456225432}');
  expect(readJson('{"order_id":4277659395456225432,"text":"1 \\"2\\" 3","rate":1.5}')).toEqual({
    order_id: 4277659395456225432n,
    text: '1 "2" 3',
    rate: 1.5,
  });
});

test.each([
  [{ lists: 'flat', empty: 'array' } as const, '{"a":[1],"b":[]}'],
  [{ lists: 'wrapped', empty: 'object' } as const, '{"a":{"row":[1]},"b":{}}'],
  [{ lists: 'wrapped', empty: 'absent' } as const, '{"a":{"row":[1]}}'],
])('a list takes the shape of the style %j', (style, text) => {
  const lists = { a: new TaggedList('row', [1]), b: new TaggedList('row', []) };

  expect(writeJson(lists, style)).toBe(text);
});
