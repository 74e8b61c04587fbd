import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CarferryError } from '../../lib/core/errors.ts';
import { fenToYuan, yuanToFen } from '../../lib/domain/money.ts';

describe('yuanToFen', () => {
  it.each([
    ['0.29', 29],
    ['19.99', 1999],
    ['1234567.89', 123_456_789],
    ['69.9', 6990],
    ['88.00', 8800],
    ['102', 10_200],
    ['0', 0],
    ['0.00', 0],
    ['-0.00', 0],
    ['-0.05', -5],
    ['-12.3', -1230],
    ['007.10', 710],
    ['1.1000', 110],
    [' 200.07 ', 20_007],
    ['9999999999999.99', 999_999_999_999_999],
  ])('reads %s as %d fen', (yuan, fen) => {
    expect(Object.is(yuanToFen(yuan), fen)).toBe(true);
  });

  it('is exact for every amount', () => {
    const amounts = fc.record({
      negative: fc.boolean(),
      whole: fc.bigInt({ min: 0n, max: 9_999_999_999_999n }),
      places: fc.integer({ min: 0, max: 2 }),
      fraction: fc.integer({ min: 0, max: 99 }),
      zeros: fc.integer({ min: 0, max: 3 }),
    });
    fc.assert(
      fc.property(amounts, ({ negative, whole, places, fraction, zeros }) => {
        const cents = String(fraction).padStart(2, '0').slice(0, places);
        const decimals = cents + (places === 2 ? '0'.repeat(zeros) : '');
        const text = `${negative ? '-' : ''}${whole}${decimals === '' ? '' : `.${decimals}`}`;

        const fen = BigInt(yuanToFen(text));

        const magnitude = whole * 100n + BigInt(cents.padEnd(2, '0'));
        expect(fen).toBe(negative ? -magnitude : magnitude);
      }),
    );
  });

  it.each([
    '',
    ' ',
    '.',
    '.5',
    '5.',
    '1,234.00',
    '1.005',
    '0.299',
    '1e3',
    'NaN',
    'Infinity',
    '0x10',
    '+1',
    '--1',
    '1 2',
    '¥5',
    '5元',
    '１２',
    'total_fee',
    '12345678901234',
    '1.2.3',
  ])('parks %j instead of guessing', (garbage) => {
    expect(() => yuanToFen(garbage)).toThrow(CarferryError);
    expect(() => yuanToFen(garbage)).toThrow(
      expect.objectContaining({ disposition: 'park', reason: 'unreadable-amount' }),
    );
  });

  it('never takes text that is not an amount', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!/^\s*-?\d+(\.\d+)?\s*$/.test(text));
        expect(() => yuanToFen(text)).toThrow(CarferryError);
      }),
    );
  });

  it('shows no value in its error', () => {
    expect(() => yuanToFen('13900000001x')).toThrow(/^(?!.*139)/);
  });
});

describe('fenToYuan', () => {
  it.each([
    [0, '0.00'],
    [5, '0.05'],
    [-5, '-0.05'],
    [29, '0.29'],
    [123_456_789, '1234567.89'],
  ])('writes %d fen as %s', (fen, yuan) => {
    expect(fenToYuan(fen)).toBe(yuan);
  });

  it('comes back from yuan unchanged', () => {
    fc.assert(
      fc.property(fc.integer({ min: -999_999_999_999_999, max: 999_999_999_999_999 }), (fen) => {
        expect(yuanToFen(fenToYuan(fen))).toBe(fen);
      }),
    );
  });

  it.each([0.5, Number.NaN, 2 ** 53])('parks %d, which is not an amount in fen', (fen) => {
    expect(() => fenToYuan(fen)).toThrow(CarferryError);
  });
});
