import { describe, expect, it } from 'vitest';
import { shown } from '../../domain/shown.ts';
import { DOCUMENTS, isRecord, readFixture, sampleReply } from './documents.ts';
import {
  flattenLists,
  listPaths,
  mapScalars,
  replaceAt,
  withoutRoot,
  withUnknownMembers,
} from './replyVariants.ts';
import { translateReply } from './translateReply.ts';

function translated(method: string, body: unknown): unknown {
  return shown(translateReply[method]?.(body));
}

function withoutExtra(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutExtra);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !/^extra$|Extra$/.test(key))
      .map(([key, member]) => [key, withoutExtra(member)]),
  );
}

const asText = (scalar: unknown) => (typeof scalar === 'number' ? String(scalar) : scalar);
const asNumber = (scalar: unknown) => {
  const number = typeof scalar === 'string' && scalar !== '' ? Number(scalar) : Number.NaN;
  // A number beyond the safe integers stays text: `parseLossless` would have made it so.
  const isExact = Math.abs(number) <= Number.MAX_SAFE_INTEGER && String(number) === scalar;
  return isExact ? number : scalar;
};

describe.each(DOCUMENTS)('a reply of $api.method', ({ api: { method } }) => {
  const sample = sampleReply(method);
  const expected: unknown = JSON.parse(readFixture(`records/${method}.json`));

  it('translates into the expected record', () => {
    expect(translated(method, sample)).toEqual(expected);
  });

  it.each([
    ['lists are flat', flattenLists(sample)],
    ['the root is removed', withoutRoot(sample)],
    ['lists are flat and the root is removed', flattenLists(withoutRoot(sample))],
    ['a request id stands beside the data', { ...withoutRoot(sample), request_id: '15a0235qylz0x' }],
    ['numbers are quoted', mapScalars(sample, asText)],
    ['quoted numbers are bare', mapScalars(sample, asNumber)],
    [
      'booleans are quoted',
      mapScalars(sample, (value) => (typeof value === 'boolean' ? String(value) : value)),
    ],
    [
      'booleans are 1 and 0',
      mapScalars(sample, (value) => (typeof value === 'boolean' ? Number(value) : value)),
    ],
    ['quoted booleans are bare', mapScalars(sample, (value) => (value === 'true' ? true : value))],
  ])('translates into the same record when %s', (_what, variant) => {
    expect(translated(method, variant)).toEqual(expected);
  });

  it('keeps members that the document does not know and changes nothing else', () => {
    const variant = withUnknownMembers(sample, { new_member: { list: [1, 'zwei'] } });

    const record = translated(method, variant);

    expect(withoutExtra(record)).toEqual(expected);
    expect(JSON.stringify(record)).toContain('{"new_member":{"list":[1,"zwei"]}}');
  });

  const lists = listPaths(sample);
  it.skipIf(lists.length === 0).each(lists.map((path) => [path.join('.'), path] as const))(
    'takes {}, [], null, empty text and absence of %s for the same empty list',
    (_name, path) => {
      // Under its root a request id alone is a reply of this method; without the root it could be any method's.
      const below = { ...withoutRoot(sample), request_id: '15a0235qylz0x' };
      const [root = ''] = Object.keys(sample);
      const body = root.endsWith('_response') ? { [root]: below } : below;
      const absent = translated(method, replaceAt(body, path, undefined));

      const others = [{}, [], null, '', { tag: [] }].map((form) =>
        translated(method, replaceAt(body, path, form)),
      );

      expect(absent).not.toEqual(expected);
      for (const other of others) expect(other).toEqual(absent);
    },
  );

  it('takes null members for absent ones', () => {
    const names = new Set<string>();
    mapScalars(sample, (value, path) => {
      if (!/\[\d+\]$/.test(path)) names.add(path);
      return value;
    });
    for (const name of names) {
      const isNeeded = /\.(tid|created|status|order_id|order_status|seller_nick|lead_no|gmt_create)$/.test(
        name,
      );
      const nulled = mapScalars(sample, (value, path) => (path === name && !isNeeded ? null : value));

      expect(() => translated(method, nulled)).not.toThrow();
    }
  });
});
