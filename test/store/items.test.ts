import { marshall } from '@aws-sdk/util-dynamodb';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromItem, toAttribute, toItem } from '../../lib/store/items.ts';

const anyValue = fc.oneof(
  fc.object({ withNullPrototype: true, withSet: false, maxDepth: 3 }),
  fc.jsonValue(),
  fc.constantFrom<unknown>(0, -0, 1e21, 1.5, '', true, undefined, [], {}, [undefined, 1], { a: undefined }),
  fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1 }).map((texts) => new Set(texts)),
);

/** What the SDK's own writer makes of a record, or that it refuses. */
function bySdk(record: Record<string, unknown>): unknown {
  try {
    return marshall(record, { removeUndefinedValues: true });
  } catch {
    return 'refused';
  }
}

describe('an item', () => {
  it("is written as the SDK's own writer does", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const expected = bySdk({ value });
        const write = (): unknown => toItem({ value });

        if (expected === 'refused') expect(write).toThrow();
        else expect(write()).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('comes back as it was', () => {
    const record = {
      text: '测试',
      list: [1, 'a', null],
      set: new Set(['car']),
      deep: { yes: true, fen: -5 },
    };

    expect(fromItem(toItem(record))).toEqual(record);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60, new Date(0)])('refuses %s', (value) => {
    expect(() => toAttribute(value)).toThrow();
  });
});
