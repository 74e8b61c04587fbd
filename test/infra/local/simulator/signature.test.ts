import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isSignMethod, sign } from '../../../../infra/local/simulator/signature.ts';

type Vector = {
  id: string;
  secret?: string;
  secret_hex?: string;
  params: Record<string, string>;
  expect: Record<string, string>;
};

const fixture = new URL('../../../fixtures/simulator/sign-vectors.json', import.meta.url);
const vectors: Vector[] = JSON.parse(readFileSync(fixture, 'utf8'));
const rows = vectors.flatMap((vector) =>
  Object.entries(vector.expect).map(([method, digest]) => ({ ...vector, method, digest })),
);

test.each(rows)(
  '$id is signed with $method as published or computed',
  ({ secret, secret_hex, params, method, digest }) => {
    const named = new Map(
      Object.entries(params).map(([name, value]) => [name, value === '<sign_method>' ? method : value]),
    );
    const key = secret_hex === undefined ? (secret ?? '') : Buffer.from(secret_hex, 'hex');

    const signed = isSignMethod(method) ? sign(named, key, method) : undefined;

    expect(signed).toBe(digest);
  },
);

test('a no-break space is a value, other white space is none', () => {
  const bare = sign(new Map([['a', '1']]), 'secret', 'md5');

  expect(
    sign(
      new Map([
        ['a', '1'],
        ['b', '\u3000\t '],
      ]),
      'secret',
      'md5',
    ),
  ).toBe(bare);
  expect(
    sign(
      new Map([
        ['a', '1'],
        ['b', '\u00a0'],
      ]),
      'secret',
      'md5',
    ),
  ).not.toBe(bare);
});
