import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { parseLossless } from '../../lib/top/losslessJson.ts';
import { quickRead } from '../../lib/top/quickRead.ts';
import { topData, topId, topList, topObject, topRows, topText } from '../../lib/top/topFields.ts';
import { DOCUMENTS, sampleReply } from './apis/documents.ts';
import { flattenLists, mapScalars, withoutRoot, withUnknownMembers } from './apis/replyVariants.ts';

/** Values as the platform writes them, rightly and wrongly. */
const anyScalar = fc.oneof(
  fc.constantFrom<unknown>(null, '', '0', '1', 0, 1, -1, 1.5, -0, true, false, 'true', 'False', 'yes', ' '),
  fc.constantFrom<unknown>(
    '2026-11-20 12:00:00',
    '2026-11-20',
    1742880859000,
    '1742880859000',
    '4277659395456225432',
  ),
  fc.constantFrom<unknown>('200.07', '-0.5', '1,000.00', '1e3', [], {}, [''], { a: [] }, { message: 'x' }, [
    [1],
  ]),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.string(),
);

/** What zod alone makes of a value. */
function byZod(schema: z.ZodType, value: unknown): unknown {
  const read = schema.safeParse(value);
  return read.success ? read.data : undefined;
}

describe.each(DOCUMENTS)('a reply of $api.method', ({ api }) => {
  const sample = withoutRoot(sampleReply(api.method));
  const spellings: [string, unknown][] = [
    ['as published', sample],
    ['with flat lists', flattenLists(sample)],
    ['with unknown members', withUnknownMembers(sample, { new: { id: '1' } })],
  ];

  it.each(spellings)('is read the quick way, as zod reads it: %s', (_, reply) => {
    const quick = quickRead(api.response, reply);

    expect(quick.success).toBe(true);
    expect(quick.success && quick.data).toEqual(byZod(api.response, reply));
  });

  it('is read as zod reads it, or left to zod, whatever its fields hold', () => {
    fc.assert(
      fc.property(fc.infiniteStream(anyScalar), fc.infiniteStream(fc.nat(9)), (values, dice) => {
        const reply = mapScalars(sample, (scalar) =>
          dice.next().value === 0 ? values.next().value : scalar,
        );
        const before = structuredClone(reply);

        const quick = quickRead(api.response, reply);

        if (quick.success) expect(quick.data).toStrictEqual(byZod(api.response, reply));
        expect(reply).toStrictEqual(before);
      }),
      { numRuns: 200 },
    );
  });
});

describe('reading the quick way', () => {
  const schema = z.looseObject({
    id: topId(),
    part: topObject({ name: topText() }),
    data: topData({ name: topText() }),
    list: topList(z.looseObject({ id: topId() })),
    rows: topRows(z.looseObject({ id: topId() })),
  });

  it.each([
    '{}',
    '{"id":null,"part":null,"data":{},"list":null,"rows":""}',
    '{"id":7,"list":{"tag":[{"id":"8","new":[1]}]},"rows":[{"id":9}]}',
    '{"rows":[{"id":"x"},{"id":1},7]}',
  ])('gives what zod gives: %s', (json) => {
    const quick = quickRead(schema, parseLossless(json));

    expect(quick.success && quick.data).toStrictEqual(byZod(schema, parseLossless(json)));
  });

  it.each(['[]', '"x"', 'null', '{"id":"x"}', '{"list":7}', '{"list":[{"id":-1}]}', '{"part":[]}'])(
    'leaves to zod what is not plain: %s',
    (json) => {
      expect(quickRead(schema, parseLossless(json)).success).toBe(false);
    },
  );

  it('keeps every digit of an id, quoted or not', () => {
    const schema = topObject({ quoted: topId(), bare: topId() });

    const quick = quickRead(
      schema,
      parseLossless('{"quoted":"4277659395456225432","bare":4277659395456225432}'),
    );

    expect(quick).toEqual({
      success: true,
      data: { quoted: '4277659395456225432', bare: '4277659395456225432' },
    });
  });

  it('leaves a member to zod that could become a prototype', () => {
    expect(quickRead(schema, parseLossless('{"__proto__":{"id":1}}')).success).toBe(false);
  });

  it('asks zod for a schema of another make', () => {
    const other = z.object({ a: z.string().min(2) }).refine(({ a }) => a !== 'no');

    expect(quickRead(other, { a: 'yes', b: 1 })).toEqual({ success: true, data: { a: 'yes' } });
    expect(quickRead(other, { a: 'no' }).success).toBe(false);
    expect(quickRead(z.looseObject({ other }), { other: { a: 'x' } }).success).toBe(false);
  });
});
