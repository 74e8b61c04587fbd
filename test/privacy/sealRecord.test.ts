import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Clear, type PersonalKind, sealedSchema } from '../../lib/domain/personal.ts';
import type { KeyProvider } from '../../lib/privacy/keyProvider.ts';
import { createLocalKeys } from '../../lib/privacy/localKeys.ts';
import { placeOf } from '../../lib/privacy/place.ts';
import { createReveal } from '../../lib/privacy/reveal.ts';
import { sealRecord, unsealValue } from '../../lib/privacy/sealRecord.ts';
import { fakeKeyTable } from './fakeKeyTable.ts';

const order = { kind: 'order', id: '4277659395456225432' } as const;
const kinds: PersonalKind[] = ['name', 'nick', 'identity', 'phone', 'address', 'text'];

function localKeys(): KeyProvider {
  return createLocalKeys({ masterKey: new Uint8Array(32).fill(7), table: fakeKeyTable() });
}

describe('sealRecord', () => {
  it('replaces every clear field, at any depth, by its sealed twin and keeps the rest', async () => {
    const record = {
      orderId: '1',
      buyerName: new Clear('name', '测试甲'),
      buyerPhone: new Clear('phone', '13900000001'),
      absent: undefined,
      list: [{ nick: new Clear('nick', 'abc'), at: 1 }],
      extra: { deep: [new Clear('text', 'secret')] },
    };

    const sealed = await sealRecord(record, { ...order, facet: 'car' }, localKeys());

    expect(Object.keys(sealed)).toEqual([
      'orderId',
      'buyerNameSealed',
      'buyerPhoneSealed',
      'absent',
      'list',
      'extra',
    ]);
    expect(sealed.buyerNameSealed.mask).toBe('测*');
    expect(sealed.buyerNameSealed.index).toBeUndefined();
    expect(sealed.buyerPhoneSealed.index).toMatch(/^[0-9a-f]{32}$/);
    expect(sealed.buyerNameSealed.envelope.aad).toBe('order|4277659395456225432|car.buyerName');
    expect(sealed.list[0]?.nickSealed.envelope.aad).toBe('order|4277659395456225432|car.list.0.nick');
    expect(sealedSchema.parse(sealed.extra.deep[0]).envelope.aad).toBe(
      'order|4277659395456225432|car.extra.deep.0',
    );
    expect(JSON.stringify(sealed)).not.toMatch(/测试甲|13900000001|abc|secret/);
  });

  it('gives every value back', async () => {
    const keys = localKeys();
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), fc.constantFrom(...kinds), async (value, kind) => {
        const sealed = await sealRecord({ field: new Clear(kind, value) }, order, keys);

        const opened = await unsealValue(sealed.fieldSealed, keys, placeOf(order, ['field']));

        // Lone surrogates have no UTF-8 form.
        expect(opened).toBe(value.toWellFormed());
      }),
      { numRuns: 60 },
    );
  });

  it('asks for no key when nothing is clear', async () => {
    const inert: KeyProvider = {
      ready: () => Promise.reject(new Error('asked')),
      keyFor: () => Promise.reject(new Error('asked')),
      readKey: () => Promise.reject(new Error('asked')),
      hmac: () => 'never',
      phoneHmacs: () => ['never'],
    };
    const record = { orderId: '1', list: [{ title: 'x' }] };

    await expect(sealRecord(record, order, inert)).resolves.toEqual(record);
  });

  it('seals under the key of another entity when told so, and binds to its own id all the same', async () => {
    const keys = localKeys();
    const lead = { kind: 'lead', id: 'L|1', keyOf: order } as const;

    const sealed = await sealRecord({ name: new Clear('name', '测试甲') }, lead, keys);

    expect(sealed.nameSealed.envelope.keyId).toMatch(/^order\|4277659395456225432#[0-9a-f]{16}$/);
    expect(sealed.nameSealed.envelope.aad).toBe('lead|L%7C1|name');
  });

  it('keeps an upstream __proto__ as a member and changes no prototype', async () => {
    const extra: unknown = JSON.parse('{"__proto__":{"polluted":"yes"}}');

    const sealed = await sealRecord({ extra, name: new Clear('name', 'ab') }, order, localKeys());

    expect(JSON.stringify(sealed.extra)).toBe('{"__proto__":{"polluted":"yes"}}');
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
    expect(Reflect.get(Object(sealed.extra), 'polluted')).toBeUndefined();
  });

  it('never uses an iv twice', async () => {
    const keys = localKeys();
    const many = Array.from({ length: 200 }, () => new Clear('name', 'same'));

    const sealed = await sealRecord(many, order, keys);

    expect(new Set(sealed.map((one) => one.envelope.iv)).size).toBe(200);
    expect(new Set(sealed.map((one) => one.envelope.ct + one.envelope.tag)).size).toBe(200);
  });
});

describe('unsealValue', () => {
  const twoFields = { a: new Clear('name', 'first'), b: new Clear('name', 'second') };

  it('refuses two envelopes swapped between fields', async () => {
    const keys = localKeys();
    const sealed = await sealRecord(twoFields, order, keys);

    await expect(unsealValue(sealed.bSealed, keys, placeOf(order, ['a']))).rejects.toMatchObject({
      reason: 'unreadable-envelope',
    });
  });

  it('refuses an envelope relabelled to its new place', async () => {
    const keys = localKeys();
    const sealed = await sealRecord(twoFields, order, keys);
    const aad = placeOf(order, ['a']);
    const moved = { ...sealed.bSealed, envelope: { ...sealed.bSealed.envelope, aad } };

    await expect(unsealValue(moved, keys, aad)).rejects.toMatchObject({ reason: 'unreadable-envelope' });
  });

  it('refuses an envelope of another entity, relabelled or not', async () => {
    const keys = localKeys();
    const other = { kind: 'order', id: '2' } as const;
    const mine = await sealRecord({ a: new Clear('name', 'mine') }, order, keys);
    const theirs = await sealRecord({ a: new Clear('name', 'theirs') }, other, keys);
    const { keyId } = mine.aSealed.envelope;
    const place = placeOf(order, ['a']);
    const relabelled = {
      ...theirs.aSealed,
      envelope: { ...theirs.aSealed.envelope, keyId, aad: place },
    };

    await expect(unsealValue(theirs.aSealed, keys, place)).rejects.toMatchObject({ disposition: 'park' });
    await expect(unsealValue(relabelled, keys, place)).rejects.toMatchObject({ disposition: 'park' });
  });

  it('refuses every changed byte of iv, cipher text and tag, and a cut tag', async () => {
    const keys = localKeys();
    const sealed = await sealRecord({ a: new Clear('name', '测试甲') }, order, keys);
    const { envelope } = sealed.aSealed;
    for (const part of ['iv', 'ct', 'tag'] as const) {
      const bytes = Buffer.from(envelope[part], 'base64');
      for (let at = 0; at < bytes.length; at += 1) {
        const changed = Buffer.from(bytes);
        changed.writeUInt8(bytes.readUInt8(at) ^ 1, at);
        const tampered = { ...sealed.aSealed, envelope: { ...envelope, [part]: changed.toString('base64') } };

        await expect(unsealValue(tampered, keys)).rejects.toMatchObject({ reason: 'unreadable-envelope' });
      }
    }
    const tag = Buffer.from(envelope.tag, 'base64').subarray(0, 4).toString('base64');
    const cut = { ...sealed.aSealed, envelope: { ...envelope, tag } };

    await expect(unsealValue(cut, keys)).rejects.toMatchObject({ reason: 'unreadable-envelope' });
  });

  it('says that the key was erased, also when the entity has a new one', async () => {
    const table = fakeKeyTable();
    const masterKey = new Uint8Array(32).fill(7);
    const before = createLocalKeys({ masterKey, table });
    const sealed = await sealRecord({ a: new Clear('name', 'ab') }, order, before);
    table.rows.clear();
    const after = createLocalKeys({ masterKey, table });

    await expect(unsealValue(sealed.aSealed, after)).rejects.toMatchObject({ reason: 'key-erased' });

    await after.keyFor('order|4277659395456225432');
    await expect(unsealValue(sealed.aSealed, after)).rejects.toMatchObject({ reason: 'key-erased' });
  });

  it('shows no value in its errors', async () => {
    const keys = localKeys();
    const sealed = await sealRecord({ a: new Clear('name', 'very-secret') }, order, keys);

    const error: unknown = await unsealValue(sealed.aSealed, keys, 'elsewhere').catch((thrown) => thrown);

    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('very-secret');
  });
});

describe('createReveal', () => {
  it('opens the sealed values of a stored record', async () => {
    const keys = localKeys();
    const car = await sealRecord(
      { buyerName: new Clear('name', '测试甲') },
      { ...order, facet: 'car' },
      keys,
    );

    const reveal = await createReveal({ orderId: order.id, car }, order, keys);

    expect(reveal(car.buyerNameSealed)).toBe('测试甲');
  });

  it('does not open an envelope that was copied from another record or field', async () => {
    const keys = localKeys();
    const foreign = await sealRecord({ name: new Clear('name', 'x') }, { kind: 'order', id: '2' }, keys);
    const own = await sealRecord({ a: new Clear('name', 'x'), b: new Clear('name', 'y') }, order, keys);
    const swapped = { aSealed: own.aSealed, bSealed: own.aSealed };

    const revealForeign = await createReveal(foreign, order, keys);
    const revealSwapped = await createReveal(swapped, order, keys);

    expect(revealForeign(foreign.nameSealed)).toBe('(unreadable)');
    expect(revealSwapped(swapped.bSealed)).toBe('(unreadable)');
    expect(revealSwapped(own.bSealed)).toBe('(unreadable)');
  });

  it('opens an item in any order that holds a copy of it', async () => {
    const keys = localKeys();
    const item = await sealRecord(
      { extra: { phone: new Clear('phone', '13900000001') } },
      { kind: 'quarantine', id: 'item#7', facet: 'item' },
      keys,
    );

    const reveal = await createReveal({ items: { 7: item } }, order, keys);
    const elsewhere = await createReveal({ items: { 8: item } }, order, keys);

    expect(reveal(item.extra.phoneSealed)).toBe('13900000001');
    expect(elsewhere(item.extra.phoneSealed)).toBe('(unreadable)');
  });

  it('reads (erased) where the key is gone', async () => {
    const table = fakeKeyTable();
    const masterKey = new Uint8Array(32).fill(7);
    const sealed = await sealRecord(
      { name: new Clear('name', 'x') },
      order,
      createLocalKeys({ masterKey, table }),
    );
    table.rows.clear();

    const reveal = await createReveal(sealed, order, createLocalKeys({ masterKey, table }));

    expect(reveal(sealed.nameSealed)).toBe('(erased)');
  });
});

describe('Clear', () => {
  const value = '测试甲13900000001';
  const clear = new Clear('name', value);
  const held = { list: [clear], map: new Map([['k', clear]]) };
  const shown: [string, () => string][] = [
    ['String()', () => String(clear)],
    ['a template', () => `${clear}`],
    ['concatenation', () => ''.concat(String(clear), '+')],
    ['JSON', () => JSON.stringify(held)],
    ['inspect', () => inspect(held, { depth: 9, showHidden: true, getters: true })],
    [
      'inspect without custom inspection',
      () => inspect(held, { depth: 9, showHidden: true, customInspect: false }),
    ],
    ['an error message', () => new Error(`bad ${clear}`).message],
    ['an error cause', () => inspect(new Error('bad', { cause: clear }), { showHidden: true })],
    ['structuredClone', () => inspect(structuredClone(held), { depth: 9, showHidden: true })],
    ['its own members', () => JSON.stringify(Object.entries({ ...clear }))],
  ];

  it.each(shown)('never shows its value through %s', (_way, show) => {
    const text = show();

    expect(text).not.toContain('测试');
    expect(text).not.toContain('139');
  });
});
