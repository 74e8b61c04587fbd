import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blindIndex, normalisePhone } from '../../lib/privacy/blindIndex.ts';
import { createLocalKeys } from '../../lib/privacy/localKeys.ts';
import { fakeKeyTable } from './fakeKeyTable.ts';

const keys = createLocalKeys({ masterKey: new Uint8Array(32).fill(3), table: fakeKeyTable() });

describe('normalisePhone', () => {
  it.each([
    ['13900000001', '13900000001'],
    ['+8613900000001', '13900000001'],
    ['008613900000001', '13900000001'],
    ['86 139 0000 0001', '13900000001'],
    ['139-0000-0001', '13900000001'],
    ['(010) 8888-0001', '01088880001'],
    ['１３９０００００００１', '13900000001'],
    ['8613900', '8613900'],
    ['+1 202 555 0100', '12025550100'],
  ])('reads %s as %s', (value, digits) => {
    expect(normalisePhone(value)).toBe(digits);
  });

  it.each([
    '',
    '12345',
    '139****0001',
    '$139****$abc$1$',
    '~abc~1~',
    '测试甲',
    '1390000000a',
    '1'.repeat(16),
  ])('finds no phone in "%s"', (value) => {
    expect(normalisePhone(value)).toBeUndefined();
    expect(blindIndex(value, keys)).toBeUndefined();
  });
});

describe('blindIndex', () => {
  const phone = fc.stringMatching(/^1[3-9]\d{9}$/);
  const spelt = fc
    .tuple(phone, fc.constantFrom('', '+86', '0086', '86', '+86 '), fc.constantFrom('', '-', ' '))
    .map(([digits, prefix, gap]) => `${prefix}${digits.slice(0, 3)}${gap}${digits.slice(3)}`);

  it('is equal exactly when the normalised phones are', () => {
    const pair = fc.oneof(
      fc.tuple(spelt, spelt),
      phone.chain((digits) =>
        fc.tuple(fc.constant(digits), fc.constantFrom(digits, `+86${digits}`, `86 ${digits}`)),
      ),
    );
    fc.assert(
      fc.property(pair, ([left, right]) => {
        const equal = blindIndex(left, keys) === blindIndex(right, keys);

        expect(equal).toBe(normalisePhone(left) === normalisePhone(right));
      }),
    );
  });

  it('has 128 bits and differs by key', () => {
    const others = createLocalKeys({ masterKey: new Uint8Array(32).fill(4), table: fakeKeyTable() });

    expect(blindIndex('13900000001', keys)).toMatch(/^[0-9a-f]{32}$/);
    expect(blindIndex('13900000001', keys)).not.toBe(blindIndex('13900000001', others));
  });
});
