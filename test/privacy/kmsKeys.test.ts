import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Clear } from '../../lib/domain/personal.ts';
import { createKms } from '../../lib/lambda/awsClients.ts';
import { createDataKeys } from '../../lib/privacy/dataKeys.ts';
import { HMAC_PURPOSES } from '../../lib/privacy/keyProvider.ts';
import { createKmsRoot } from '../../lib/privacy/kmsRoot.ts';
import { createLocalKeys } from '../../lib/privacy/localKeys.ts';
import { sealRecord, unsealValue } from '../../lib/privacy/sealRecord.ts';
import { type FakeKms, startFakeKms } from '../support/fakeKms.ts';
import { fakeKeyTable } from './fakeKeyTable.ts';

const MINUTE = 60_000;
let kms: FakeKms;

beforeAll(async () => {
  kms = await startFakeKms();
  vi.stubEnv('AWS_ENDPOINT_URL_KMS', kms.url);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
});
beforeEach(() => {
  kms.asked.length = 0;
  kms.trouble = undefined;
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await kms.close();
});

/** A process of its own: own client, own caches, own clock. */
function aProcess(table = fakeKeyTable()) {
  let now = Date.parse('2026-11-22T01:00:00Z');
  const root = createKmsRoot(createKms(), kms.keyArn);
  const keys = createDataKeys({ root, table, now: () => now });
  return {
    table,
    keys,
    wait: (ms: number) => {
      now += ms;
    },
  };
}

describe('data keys under a KMS key', () => {
  it('asks KMS once for a hundred entities, and a second process once to read them all', async () => {
    const first = aProcess();
    const made = await Promise.all(Array.from({ length: 100 }, (_, n) => first.keys.keyFor(`order|${n}`)));
    const askedFirst = kms.asked.splice(0);
    const second = aProcess(first.table);

    const read = await Promise.all(Array.from({ length: 100 }, (_, n) => second.keys.readKey(`order|${n}`)));

    // What was made is opened once before anything depends on it.
    expect(askedFirst).toEqual(['GenerateDataKey branch#1', 'Decrypt branch#1']);
    expect(kms.asked).toEqual(['Decrypt branch#1']);
    expect(read).toEqual(made);
  });

  it('gives processes that start together one branch key and the same hashes', async () => {
    const table = fakeKeyTable();
    const [left, right] = [aProcess(table), aProcess(table)];

    const [one, two] = await Promise.all([left.keys.keyFor('order|1'), right.keys.keyFor('order|1')]);

    expect(one).toEqual(two);
    expect(left.keys.hmac('trade', 'x')).toBe(right.keys.hmac('trade', 'x'));
    expect(new Set(HMAC_PURPOSES.map((purpose) => left.keys.hmac(purpose, 'x'))).size).toBe(
      HMAC_PURPOSES.length,
    );
  });

  it('hashes nothing before its keys are loaded', async () => {
    const { keys } = aProcess();

    expect(() => keys.hmac('trade', 'x')).toThrow(
      expect.objectContaining({ disposition: 'retry', reason: 'keys-not-ready' }),
    );
    await keys.ready();
    expect(keys.hmac('trade', 'x')).toMatch(/^[0-9a-f]{64}$/);
  });

  it('asks again after some minutes, so that a withdrawn grant takes effect', async () => {
    const { keys, wait } = aProcess();
    await keys.keyFor('order|1');
    wait(6 * MINUTE);
    kms.trouble = 'AccessDeniedException';

    const refused = keys.keyFor('order|2');

    await expect(refused).rejects.toMatchObject({
      disposition: 'retry',
      reason: 'kms-refused',
      hint: expect.stringContaining('KMS_KEY_ARN'),
    });
  });

  it.each(['branch#1', 'root|hash'])('refuses a row copied to another name (%s)', async (name) => {
    const { table, keys } = aProcess();
    await keys.keyFor('order|1');
    table.rows.set('branch#2', table.rows.get(name) ?? '');
    table.rows.set('root|branch', '2');

    const foreign = aProcess(table).keys.keyFor('order|9');

    await expect(foreign).rejects.toMatchObject({ disposition: 'halt', reason: 'wrong-data-key' });
  });

  it('does not open what a local master key wrapped, nor the reverse', async () => {
    const table = fakeKeyTable();
    const local = () => createLocalKeys({ masterKey: new Uint8Array(32).fill(1), table });
    await local().keyFor('order|local');
    await aProcess(table).keys.keyFor('order|kms');

    const underKms = aProcess(table).keys.readKey('order|local');
    const underLocal = local().readKey('order|kms');

    await expect(underKms).rejects.toMatchObject({ reason: 'unknown-key-format' });
    await expect(underLocal).rejects.toMatchObject({ reason: 'wrong-data-key' });
  });
});

describe('while KMS does not answer (C25)', () => {
  const record = (name: string) => ({ orderId: '1', name: new Clear('name', name) });
  const entity = (id: string) => ({ kind: 'order', id }) as const;

  it.each(['ThrottlingException', 'KMSInternalException'])(
    '%s: a process with its branch key goes on, for old and new entities',
    async (trouble) => {
      const { keys, wait } = aProcess();
      const before = await sealRecord(record('测试甲'), entity('1'), keys);
      wait(10 * MINUTE);
      kms.trouble = trouble;

      const again = await sealRecord(record('测试乙'), entity('1'), keys);
      const other = await sealRecord(record('测试丙'), entity('2'), keys);

      expect(await unsealValue(before.nameSealed, keys)).toBe('测试甲');
      expect(await unsealValue(again.nameSealed, keys)).toBe('测试乙');
      expect(await unsealValue(other.nameSealed, keys)).toBe('测试丙');
    },
  );

  it('a process without it fails each record with retry, seals none, and works when KMS is back', async () => {
    const { table, keys, wait } = aProcess();
    kms.trouble = 'ThrottlingException';

    const failed = await Promise.allSettled(
      ['1', '2'].map((id) => sealRecord(record('测试甲'), entity(id), keys)),
    );
    const rows = table.rows.size;
    wait(2_000);
    kms.trouble = undefined;
    const sealed = await sealRecord(record('测试甲'), entity('1'), keys);

    expect(failed).toMatchObject(
      ['1', '2'].map(() => ({
        status: 'rejected',
        reason: { disposition: 'retry', reason: 'kms-unavailable' },
      })),
    );
    expect(rows).toBe(0);
    expect(JSON.stringify(sealed)).not.toContain('测试甲');
    expect(await unsealValue(sealed.nameSealed, keys)).toBe('测试甲');
  });

  it('stops using a branch key that was not confirmed for a quarter of an hour', async () => {
    const { keys, wait } = aProcess();
    await keys.keyFor('order|1');
    kms.trouble = 'KMSInternalException';
    wait(16 * MINUTE);

    await expect(keys.keyFor('order|2')).rejects.toMatchObject({ reason: 'kms-unavailable' });
  });
});

describe('an erased entity', () => {
  it('gets no key, neither the old nor a new one, from a process that starts later', async () => {
    const { table, keys } = aProcess();
    await keys.keyFor('order|1');
    table.erased.set('order|1', '2026-11-22T09:00:00+08:00');
    const later = aProcess(table);

    await expect(later.keys.keyFor('order|1')).rejects.toMatchObject({
      disposition: 'skip',
      reason: 'erased',
    });
    expect(await later.keys.readKey('order|1')).toBeUndefined();
  });

  it('gets none from a process that knew its key either, some minutes later', async () => {
    const { table, keys, wait } = aProcess();
    await keys.keyFor('order|1');
    table.erased.set('order|1', '2026-11-22T09:00:00+08:00');
    wait(6 * MINUTE);

    await expect(keys.keyFor('order|1')).rejects.toMatchObject({ reason: 'erased' });
  });

  it('is sealed without its personal values, at any depth, and keeps the rest', async () => {
    const { table, keys } = aProcess();
    table.erased.set('order|1', '2026-11-22T09:00:00+08:00');
    const record = {
      orderId: '1',
      paidFen: 100,
      name: new Clear('name', '测试甲'),
      subOrders: [{ id: 'a', nick: new Clear('nick', '测试昵称') }, new Clear('text', '备注')],
    };

    const sealed: unknown = await sealRecord(record, { kind: 'order', id: '1' }, keys);

    expect(sealed).toEqual({ orderId: '1', paidFen: 100, subOrders: [{ id: 'a' }] });
  });
});
