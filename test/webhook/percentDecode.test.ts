import { describe, expect, it } from 'vitest';
import { percentDecode } from '../../lib/webhook/signedParameters.ts';

describe('percent decoding', () => {
  it('reads two hex digits of either case, and nothing else, after a percent sign', () => {
    for (let first = 0; first < 256; first += 1) {
      for (let second = 0; second < 256; second += 1) {
        const digits = String.fromCharCode(first, second);
        const decoded = percentDecode(Buffer.from([0x25, first, second]));

        const expected = /^[0-9A-Fa-f]{2}$/.test(digits) ? Buffer.from(digits, 'hex') : undefined;
        if (decoded?.equals(expected ?? Buffer.of()) !== (expected === undefined ? undefined : true)) {
          expect([first, second, decoded]).toEqual([first, second, expected]);
        }
      }
    }
  });

  it.each(['%', '%4', 'a%', '%4%41'])('refuses %s', (text) => {
    expect(percentDecode(Buffer.from(text))).toBeUndefined();
  });

  it('makes blanks of plus signs and leaves all other bytes alone', () => {
    expect(percentDecode(Buffer.from('a+b%2Bc%e6测'))).toEqual(
      Buffer.concat([Buffer.from('a b+c'), Buffer.of(0xe6), Buffer.from('测')]),
    );
  });
});
