import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PersonalKind } from '../../lib/domain/personal.ts';
import { maskOf } from '../../lib/privacy/mask.ts';

const cases: [PersonalKind, string, string][] = [
  ['name', '张测试', '张*'],
  ['name', '张三', '张*'],
  ['name', '张', '*'],
  ['name', '', '*'],
  ['name', '𠮷野家', '𠮷*'],
  ['nick', 'tb12345', 't***'],
  ['nick', 't', '***'],
  ['phone', '13900000001', '139****0001'],
  ['phone', '+86 139-0000-0001', '139****0001'],
  ['phone', '139****0001', '139****0001'],
  ['phone', '5551234', '****34'],
  ['phone', '12345', '****'],
  ['phone', 'no phone', '****'],
  ['identity', '11010119900101123X', '1101**********123X'],
  ['identity', '110101900101123', '1101*********23'],
  ['identity', '1234', '****'],
  ['identity', 'passport E1234567', '****'],
  ['address', '测试省测试市测试区一号', '测试省测试市***'],
  ['address', '测试路1号', '测试***'],
  ['address', '东', '***'],
  ['text', 'anything', '***'],
  ['phone', '$139****$abcdEFG=$1$', '(encrypted)'],
  ['name', '~AbCd+/=~1~', '(encrypted)'],
];

describe('maskOf', () => {
  it.each(cases)('masks the %s "%s" as %s', (kind, value, mask) => {
    expect(maskOf(kind, value)).toBe(mask);
  });

  it('never shows a whole value', () => {
    const kinds = fc.constantFrom<PersonalKind>('name', 'nick', 'phone', 'identity', 'address', 'text');
    // Values of stars only hide nothing, and are no longer than their mask.
    const values = fc.string({ minLength: 1 }).filter((value) => !value.includes('*') && value.trim() !== '');
    fc.assert(
      fc.property(kinds, values, (kind, value) => {
        expect(maskOf(kind, value)).not.toContain(value.trim());
      }),
    );
  });
});
