import { describe, expect, it } from 'vitest';
import { collectExtra } from '../../lib/domain/drift.ts';
import { Clear } from '../../lib/domain/personal.ts';
import { shown } from './shown.ts';

const clear = (kind: string, value: string) => ({ kind, clear: value });

describe('collectExtra', () => {
  it('keeps unknown members as they came and leaves known ones out', () => {
    const extra = collectExtra({ tid: '1', new_flag: true, new_list: [1, { a: 'b' }], gone: undefined }, [
      'tid',
    ]);

    expect(extra).toEqual({ new_flag: true, new_list: [1, { a: 'b' }] });
  });

  it('is absent when nothing is unknown', () => {
    expect(collectExtra({ tid: '1', gone: undefined }, ['tid'])).toBeUndefined();
  });

  it.each([
    ['receiver_mobile', '13900000001', 'phone'],
    ['receiverPhone', '010-12345678', 'phone'],
    ['tel', '12345678', 'phone'],
    ['id_card', '110101199003070000', 'identity'],
    ['buyerIdentity', 'X1', 'identity'],
    ['receiver_address', '测试路1号', 'address'],
    ['addr', '测试路1号', 'address'],
    ['buyer_nick', '测试甲', 'nick'],
    ['name', '测试甲', 'name'],
    ['contact_name', '测试甲', 'name'],
    ['receiverName', '测试甲', 'name'],
    ['receiver', '测试甲', 'name'],
    ['email', 'a@example.com', 'text'],
  ])('seals a member named %s', (key, value, kind) => {
    expect(shown(collectExtra({ [key]: value }, []))).toEqual({ [key]: clear(kind, value) });
  });

  it.each([
    ['13900000001', 'phone'],
    ['联系13900000001。', 'phone'],
    ['+86 139-0000-0001', 'phone'],
    ['１３９００００００１', undefined],
    ['１３９０００００００１', 'phone'],
    ['110101199003070000', 'identity'],
    ['11010119900307000X', 'identity'],
    ['$XjPg1YvV$OcCtwp1yJ7Nw$1$', 'phone'],
    ['~Ab12==~1~', 'text'],
    ['4277659395456225432', undefined],
    ['2026-11-22 10:00:00', undefined],
    ['plain', undefined],
    ['', undefined],
  ])('judges the value %s by its look', (value, kind) => {
    const expected = kind === undefined ? value : clear(kind, value);

    expect(shown(collectExtra({ remark: value }, []))).toEqual({ remark: expected });
  });

  it('seals a phone that came as a number', () => {
    expect(shown(collectExtra({ remark: 13_900_000_001 }, []))).toEqual({
      remark: clear('phone', '13900000001'),
    });
  });

  it.each(['shop_name', 'brandName', 'seller_nick', 'item_name', 'promotion_name'])(
    'leaves %s alone, the name of a thing',
    (key) => {
      expect(collectExtra({ [key]: '测试' }, [])).toEqual({ [key]: '测试' });
    },
  );

  it('seals at any depth, below a personal name whatever it is', () => {
    const extra = collectExtra(
      { a: { b: [{ mobile: 'x' }, '13900000001'] }, receiver: { town: '测试镇', no: [7], is_default: true } },
      [],
    );

    expect(shown(extra)).toEqual({
      a: { b: [{ mobile: clear('phone', 'x') }, clear('phone', '13900000001')] },
      receiver: { town: clear('name', '测试镇'), no: [clear('name', '7')], is_default: true },
    });
  });

  it('keeps a member called __proto__ a member', () => {
    const raw: unknown = JSON.parse('{"__proto__":{"mobile":"13900000001"}}');
    const extra = collectExtra(Object(raw), []);

    expect(Object.keys(extra ?? {})).toEqual(['__proto__']);
    expect(Object.getOwnPropertyDescriptor(extra, '__proto__')?.value.mobile).toBeInstanceOf(Clear);
  });
});
