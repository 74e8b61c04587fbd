import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reindexPhones } from '../../../infra/cli/reindexPhones.ts';
import { retireIndex, rewrapKeys, rotateBranch, rotateIndex } from '../../../infra/cli/rotateKeys.ts';
import type { Stores } from '../../../infra/local/stores.ts';
import { Clear } from '../../../lib/domain/personal.ts';
import { createLeadStorer } from '../../../lib/enrich/storeLead.ts';
import { createKms } from '../../../lib/lambda/awsClients.ts';
import { blindIndex } from '../../../lib/privacy/blindIndex.ts';
import { createDataKeys } from '../../../lib/privacy/dataKeys.ts';
import type { KeyProvider } from '../../../lib/privacy/keyProvider.ts';
import { createKmsRoot } from '../../../lib/privacy/kmsRoot.ts';
import { lookupIndexes } from '../../../lib/privacy/lookupIndexes.ts';
import { createLocalRoot, type RootKey } from '../../../lib/privacy/rootKey.ts';
import { sealRecord, unsealValue } from '../../../lib/privacy/sealRecord.ts';
import { branchOf } from '../../../lib/privacy/wrappedKey.ts';
import { createKeysTable, type KeysTable } from '../../../lib/store/keysTable.ts';
import { createLeadsTable } from '../../../lib/store/leadsTable.ts';
import { createOrdersTable } from '../../../lib/store/ordersTable.ts';
import { carFacet, leadRecord, minute, SHOP } from '../../store/samples.ts';
import { startTestEngines, type TestEngines } from '../../support/engines.ts';
import { type FakeKms, startFakeKms } from '../../support/fakeKms.ts';

const PHONE = '13900000001';
let engines: TestEngines;
let kms: FakeKms;

beforeAll(async () => {
  [engines, kms] = await Promise.all([startTestEngines(), startFakeKms()]);
});
afterAll(() => Promise.all([engines.close(), kms.close()]));

const aTable = async (): Promise<KeysTable> =>
  createKeysTable(engines.dynamoDb, await engines.createTable('KeysTable'));

const localRoot = (): RootKey => createLocalRoot(new Uint8Array(32).fill(3));
const kmsRoot = (): RootKey =>
  createKmsRoot(
    createKms({
      endpoint: kms.url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    }),
    kms.keyArn,
  );

describe.each([
  ['a local key', localRoot, 0],
  ['KMS', kmsRoot, 1],
] as const)('rotation under %s', (_name, aRoot, first) => {
  const aProcess = (table: KeysTable): KeyProvider => createDataKeys({ root: aRoot(), table });
  const branchesIn = async (table: KeysTable): Promise<Record<string, number>> => {
    const branches: Record<string, number> = {};
    for await (const { entityId, wrapped } of table.scan()) {
      if (entityId.startsWith('order|') && wrapped !== undefined) branches[entityId] = branchOf(wrapped);
    }
    return branches;
  };

  it('wraps new keys under the new branch, reads old ones, and rewraps them without changing them', async () => {
    const table = await aTable();
    const before = await aProcess(table).keyFor('order|1');
    const keys = { root: aRoot(), table };

    const branch = await rotateBranch(keys);
    await aProcess(table).keyFor('order|2');
    const halfway = await branchesIn(table);
    const read = await aProcess(table).readKey('order|1');
    const rewrapped = await rewrapKeys(keys);

    expect(branch).toBe(first + 1);
    expect(halfway).toEqual({ 'order|1': first, 'order|2': branch });
    expect(read).toEqual(before);
    expect(rewrapped.moved).toBeGreaterThan(0);
    expect(await branchesIn(table)).toEqual({ 'order|1': branch, 'order|2': branch });
    expect(await aProcess(table).readKey('order|1')).toEqual(before);
    expect((await rewrapKeys(keys)).moved).toBe(0);
  });

  it('is completed when it was cut off halfway; both branches open meanwhile (C42)', async () => {
    const table = await aTable();
    const ids = ['1', '2', '3', '4', '5'].map((id) => `order|${id}`);
    const made = await Promise.all(ids.map((id) => aProcess(table).keyFor(id)));
    await rotateBranch({ root: aRoot(), table });
    let left = 3;
    const dying: KeysTable = {
      ...table,
      replace: async (...given) => {
        left -= 1;
        if (left === 0) throw new Error('killed');
        return await table.replace(...given);
      },
    };

    await expect(rewrapKeys({ root: aRoot(), table: dying })).rejects.toThrow('killed');
    const halfway = await Promise.all(ids.map((id) => aProcess(table).readKey(id)));
    await rewrapKeys({ root: aRoot(), table });

    expect(halfway).toEqual(made);
    expect(new Set(Object.values(await branchesIn(table)))).toEqual(new Set([first + 1]));
    expect(await Promise.all(ids.map((id) => aProcess(table).readKey(id)))).toEqual(made);
  });

  it('does not bring an erased key back, whichever comes first', async () => {
    const table = await aTable();
    for (const id of ['order|1', 'order|2']) await aProcess(table).keyFor(id);
    await table.entomb('order|1', { erasedAt: minute(1), reasonHash: 'x' });
    await rotateBranch({ root: aRoot(), table });
    const racing: KeysTable = {
      ...table,
      replace: async (entityId, was, wrapped) => {
        await table.entomb(entityId, { erasedAt: minute(1), reasonHash: 'x' });
        await table.shred(entityId);
        return await table.replace(entityId, was, wrapped);
      },
    };

    await rewrapKeys({ root: aRoot(), table: racing });

    expect(await table.read('order|2')).toEqual({ wrapped: undefined, erasedAt: minute(1) });
    expect(await aProcess(table).readKey('order|1')).toBeUndefined();
  });

  it('of the blind index: hashes change, everything else stays, and lookups ask both', async () => {
    const table = await aTable();
    const [before, after] = [aProcess(table), aProcess(table)];
    await before.ready();

    await rotateIndex(table, aProcess(table));
    await after.ready();

    expect(after.hmac('trade', 'x')).toBe(before.hmac('trade', 'x'));
    expect(after.hmac('phone', 'x')).not.toBe(before.hmac('phone', 'x'));
    expect(after.phoneHmacs('x')).toEqual([after.hmac('phone', 'x'), before.hmac('phone', 'x')]);
    await expect(rotateIndex(table, aProcess(table))).rejects.toMatchObject({
      reason: 'rotation-unfinished',
    });
  });

  it('of the blind index: leads of one phone meet across it, and reindexed rows are found by the new key alone', async () => {
    const table = await aTable();
    const stores = await someTables();
    await storePerson(stores, aProcess(table), 'L1');
    await rotateIndex(table, aProcess(table));

    await storePerson(stores, aProcess(table), 'L2');
    const linked = await stores.leads.read('L1');
    const reindexed = await reindexPhones(stores, aProcess(table));
    await retireIndex(table);

    const keys = aProcess(table);
    await keys.ready();
    const index = blindIndex(PHONE, keys) ?? '';
    expect(linked?.sameAs).toEqual(['L2']);
    expect(reindexed.changed).toBe(2);
    expect((await stores.leads.idsByPhone(index)).toSorted()).toEqual(['L1', 'L2']);
    expect((await stores.orders.idsByPhone(index)).toSorted()).toEqual(['1', '2']);
    const phone = (await stores.leads.read('L1'))?.phoneSealed ?? expect.fail();
    expect([phone.index, await unsealValue(phone, keys)]).toEqual([index, PHONE]);
    expect((await reindexPhones(stores, keys)).changed).toBe(0);
    expect(keys.phoneHmacs('x')).toHaveLength(1);
  });
});

type Tables = Pick<Stores, 'orders' | 'leads'>;

async function someTables(): Promise<Tables> {
  const { dynamoDb, createTable } = engines;
  return {
    orders: createOrdersTable(dynamoDb, await createTable('OrdersTable')),
    leads: createLeadsTable(dynamoDb, await createTable('LeadsTable')),
  };
}

/** An order and a pushed lead with the same phone, as a consumer stores them. */
async function storePerson(tables: Tables, keys: KeyProvider, leadId: string): Promise<void> {
  const orderId = leadId.slice(1);
  const clearCar = { ...carFacet({ orderId }), buyerPhone: new Clear('phone', PHONE) };
  const value = await sealRecord(clearCar, { kind: 'order', id: orderId, facet: 'car' }, keys);
  const phoneIndex = value.buyerPhoneSealed?.index;
  await tables.orders.writeFacets({
    ...{ orderId, shop: SHOP, firstSeenAt: minute(1), facets: { car: { value, rev: 0 } } },
    ...(phoneIndex !== undefined && { phoneIndex }),
  });
  const { orderId: _orderId, phoneIndex: _index, ...lead } = leadRecord({ leadId, source: 'pushed' });
  const clear = { ...lead, phone: new Clear('phone', PHONE) };
  const sealed = await sealRecord(clear, { kind: 'lead', id: leadId }, keys);
  const storer = createLeadStorer({
    ...tables,
    indexesOf: ({ phoneSealed }) => lookupIndexes(phoneSealed, keys),
  });
  const message = { ...sealed, ...(sealed.phoneSealed?.index && { phoneIndex: sealed.phoneSealed.index }) };
  const limits = { deadline: Number.POSITIVE_INFINITY, signal: new AbortController().signal };
  await storer.onLead({ v: 1, kind: 'lead', shop: SHOP, lead: message }, limits);
}
