import { describe, expect, it } from 'vitest';
import { HMAC_PURPOSES } from '../../lib/privacy/keyProvider.ts';
import { createLocalKeys } from '../../lib/privacy/localKeys.ts';
import { fakeKeyTable } from './fakeKeyTable.ts';

const masterKey = new Uint8Array(32).fill(1);
const otherKey = new Uint8Array(32).fill(2);

describe('createLocalKeys', () => {
  it('gives two providers that race the same key', async () => {
    const table = fakeKeyTable();
    const left = createLocalKeys({ masterKey, table });
    const right = createLocalKeys({ masterKey, table });

    const [one, two] = await Promise.all([left.keyFor('order|1'), right.keyFor('order|1')]);

    expect(table.asked.filter((call) => call.startsWith('create'))).toHaveLength(2);
    expect(table.rows.size).toBe(1);
    expect(one).toEqual(two);
  });

  it('asks the table once for callers at the same time, and not again later', async () => {
    const table = fakeKeyTable();
    const keys = createLocalKeys({ masterKey, table });

    await Promise.all(Array.from({ length: 20 }, () => keys.keyFor('order|1')));
    await keys.readKey('order|1');

    expect(table.asked.filter((call) => call.endsWith('order|1'))).toEqual([
      'read order|1',
      'create order|1',
    ]);
    expect(table.asked.filter((call) => call.includes('root|'))).toEqual([
      'read root|index',
      'read root|branch',
    ]);
  });

  it('asks again after a failure', async () => {
    const table = fakeKeyTable();
    let failures = 1;
    const keys = createLocalKeys({
      masterKey,
      table: {
        ...table,
        read: async (entityId) => {
          failures -= 1;
          if (failures >= 0) throw new Error('table away');
          return table.read(entityId);
        },
      },
    });

    await expect(keys.keyFor('order|1')).rejects.toMatchObject({ cause: { message: 'table away' } });
    await expect(keys.keyFor('order|1')).resolves.toMatchObject({ keyId: expect.any(String) });
  });

  it('makes no key when only reading', async () => {
    const table = fakeKeyTable();
    const keys = createLocalKeys({ masterKey, table });

    const key = await keys.readKey('order|1');

    expect(key).toBeUndefined();
    expect(table.rows.size).toBe(0);
  });

  it('forgets the key used longest ago when the cache is full', async () => {
    const table = fakeKeyTable();
    const keys = createLocalKeys({ masterKey, table, cacheSize: 2 });
    for (const id of ['a', 'b', 'a', 'c']) await keys.keyFor(id);
    table.asked.length = 0;

    for (const id of ['a', 'c', 'b']) await keys.keyFor(id);

    expect(table.asked).toEqual(['read b']);
  });

  it('keeps data keys and master key out of the table', async () => {
    const table = fakeKeyTable();
    const { key } = await createLocalKeys({ masterKey, table }).keyFor('order|1');

    const row = table.rows.get('order|1') ?? '';

    expect(row).toMatch(/^1\.[0-9a-f]{16}\./);
    expect(row).not.toContain(Buffer.from(key).toString('base64').slice(0, 20));
    expect(row).not.toContain(Buffer.from(masterKey).toString('base64').slice(0, 20));
  });

  it('halts the app on a master key that did not wrap the stored key', async () => {
    const table = fakeKeyTable();
    await createLocalKeys({ masterKey, table }).keyFor('order|1');

    const wrong = createLocalKeys({ masterKey: otherKey, table }).keyFor('order|1');

    await expect(wrong).rejects.toMatchObject({
      disposition: 'halt',
      scope: 'app',
      reason: 'wrong-data-key',
      hint: expect.stringContaining('CARFERRY_DATA_KEY'),
    });
  });

  it('refuses a wrapped key that was copied from another entity', async () => {
    const table = fakeKeyTable();
    await createLocalKeys({ masterKey, table }).keyFor('order|1');
    table.rows.set('order|2', table.rows.get('order|1') ?? '');

    const copied = createLocalKeys({ masterKey, table }).keyFor('order|2');

    await expect(copied).rejects.toMatchObject({ reason: 'wrong-data-key' });
  });

  it('parks on a form of wrapped key it does not know', async () => {
    const table = fakeKeyTable();
    table.rows.set('order|1', '2.anything');

    const unknown = createLocalKeys({ masterKey, table }).keyFor('order|1');

    await expect(unknown).rejects.toMatchObject({ disposition: 'park', reason: 'unknown-key-format' });
  });

  it.each([0, 16, 31, 33])('refuses a master key of %i bytes', (length) => {
    const build = () => createLocalKeys({ masterKey: new Uint8Array(length), table: fakeKeyTable() });

    expect(build).toThrow(expect.objectContaining({ reason: 'configuration', field: 'CARFERRY_DATA_KEY' }));
  });

  it('hashes each purpose under its own key, and each master key apart', () => {
    const keys = createLocalKeys({ masterKey, table: fakeKeyTable() });
    const others = createLocalKeys({ masterKey: otherKey, table: fakeKeyTable() });

    const hashes = HMAC_PURPOSES.flatMap((purpose) => [keys.hmac(purpose, 'x'), others.hmac(purpose, 'x')]);

    expect(new Set(hashes).size).toBe(HMAC_PURPOSES.length * 2);
    expect(keys.hmac('phone', 'x')).toBe(keys.hmac('phone', 'x'));
    expect(hashes.every((hash) => /^[0-9a-f]{64}$/.test(hash))).toBe(true);
  });
});
