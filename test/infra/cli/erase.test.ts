import { Readable } from 'node:stream';
import { DeleteItemCommand, DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askPhone } from '../../../infra/cli/askPhone.ts';
import { erasePerson, personOfOrder, personOfPhone, personsErased } from '../../../infra/cli/erasePerson.ts';
import { type Engines, startEngines } from '../../../infra/local/engines.ts';
import { createResources } from '../../../infra/local/resources.ts';
import { createStores, type Stores } from '../../../infra/local/stores.ts';
import { readTemplate } from '../../../infra/local/template.ts';
import { toOrderDocument } from '../../../lib/domain/exportDocuments.ts';
import { Clear, type Sealed } from '../../../lib/domain/personal.ts';
import { createAdLineStorer } from '../../../lib/enrich/storeAdLine.ts';
import { createLeadStorer } from '../../../lib/enrich/storeLead.ts';
import type { KeyProvider } from '../../../lib/privacy/keyProvider.ts';
import { createLocalKeys } from '../../../lib/privacy/localKeys.ts';
import { createReveal } from '../../../lib/privacy/reveal.ts';
import { sealRecord } from '../../../lib/privacy/sealRecord.ts';
import { adLine, carFacet, leadRecord, minute, SHOP, tradeFacet, tradeWrite } from '../../store/samples.ts';

const PHONE = '13900000001';
const wiring = readTemplate(undefined, 'test');
const limits = { deadline: Number.POSITIVE_INFINITY, signal: new AbortController().signal };
let engines: Engines;
let dynamoDb: DynamoDBClient;
let sqs: SQSClient;
let stores: Stores;
let lastId = 4277659395456225432n;

beforeAll(async () => {
  engines = await startEngines();
  const aws = { region: 'cn-north-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
  dynamoDb = new DynamoDBClient({ ...aws, endpoint: engines.dynamoDbUrl });
  sqs = new SQSClient({ ...aws, endpoint: engines.sqsUrl });
  await createResources(wiring, { dynamoDb, sqs, embeddedSqsUrl: engines.sqsUrl });
  stores = createStores(dynamoDb, wiring);
});
afterAll(async () => {
  dynamoDb.destroy();
  sqs.destroy();
  await engines.close();
});

function newId(): string {
  lastId += 1n;
  return lastId.toString();
}

/** A phone of nobody, another for every case. */
function newPhone(): string {
  return `139${newId().slice(-8)}`;
}

const aProcess = (): KeyProvider =>
  createLocalKeys({ masterKey: new Uint8Array(32).fill(5), table: stores.keys });

/** What reaches the tables of one person, each as often as one likes. */
function deliveriesOf(
  phone: string,
  ids = { orderId: newId(), pulledId: newId(), pushedId: `push-${newId()}` },
) {
  const { orderId } = ids;
  const order = { kind: 'order', id: orderId } as const;
  const storer = createLeadStorer({ leads: stores.leads, orders: stores.orders });
  const storeAdLine = createAdLineStorer({ ...stores, shops: new Set([SHOP]) });

  async function storeCar(keys: KeyProvider): Promise<void> {
    const clear = {
      ...carFacet({ orderId }),
      buyerName: new Clear('name', '测试甲'),
      buyerPhone: new Clear('phone', phone),
    };
    const value = await sealRecord(clear, { ...order, facet: 'car' }, keys);
    const phoneIndex = value.buyerPhoneSealed?.index;
    for (let pass = 0; pass < 5; pass += 1) {
      const rev = (await stores.orders.read(orderId))?.carRev ?? 0;
      const facets = { car: { value, rev } };
      const write = {
        orderId,
        shop: SHOP,
        firstSeenAt: minute(1),
        facets,
        ...(phoneIndex && { phoneIndex }),
      };
      if ((await stores.orders.writeFacets(write)).outcome === 'written') return;
    }
  }

  async function sealedLead(keys: KeyProvider, leadId: string, at: number, ofOrder: boolean) {
    const {
      orderId: _orderId,
      phoneIndex: _index,
      ...lead
    } = leadRecord({
      leadId,
      source: ofOrder ? 'pulled' : 'pushed',
      observedAt: minute(at),
      hash: `h${at}`,
    });
    const clear = { ...lead, name: new Clear('name', '测试甲'), phone: new Clear('phone', phone) };
    const entity = { kind: 'lead', id: leadId, ...(ofOrder && { keyOf: order }) } as const;
    const sealed = await sealRecord(clear, entity, keys);
    const phoneIndex = sealed.phoneSealed?.index;
    return { ...sealed, ...(ofOrder && { orderId }), ...(phoneIndex !== undefined && { phoneIndex }) };
  }

  const storeLead = async (lead: Awaited<ReturnType<typeof sealedLead>>): Promise<void> =>
    storer.onLead({ v: 1, kind: 'lead', shop: SHOP, lead }, limits);

  async function storeTrade(keys: KeyProvider, at: number): Promise<void> {
    const extra = { receiver_note: new Clear('text', '测试甲') };
    const trade = await sealRecord(
      { ...tradeFacet({ orderId, modifiedAt: minute(at) }), extra },
      { ...order, facet: 'trade' },
      keys,
    );
    const version = { modifiedAt: minute(at), hash: `h${at}`, observedAt: minute(at) };
    await stores.orders.writeTrade(tradeWrite({ orderId, trade, ...version, status: `status ${at}` }));
  }

  async function storeLine(keys: KeyProvider, at: number): Promise<void> {
    const extra = { buyer_nick: new Clear('nick', '测试昵称') };
    const clear = { ...adLine({ orderId, observedAt: minute(at), hash: `h${at}` }), extra };
    await storeAdLine(await sealRecord(clear, { ...order, facet: 'adLine' }, keys), limits);
  }
  return { ...ids, storeCar, sealedLead, storeLead, storeTrade, storeLine };
}

/** Every row of these ids, as the tables hold it. */
async function storedText(ids: readonly string[]): Promise<string> {
  const texts: string[] = [];
  for (const [noun, key] of [
    ['orders', 'orderId'],
    ['leads', 'leadId'],
    ['ad-orders', 'orderId'],
  ] as const) {
    const TableName = tableNamed(noun);
    const { Items = [] } = await dynamoDb.send(new ScanCommand({ TableName, ConsistentRead: true }));
    const rows = Items.filter((item) => ids.includes(item[key]?.S ?? ''));
    texts.push(...rows.map((item) => JSON.stringify(item)));
  }
  return texts.join('\n');
}

const tableNamed = (noun: string): string => `${wiring.service}-${wiring.stage}-${noun}`;

const PERSONAL = /envelope|phoneIndex|sameAs|\*\*\*|测\*/;

async function expectErased({ orderId, pulledId, pushedId }: ReturnType<typeof deliveriesOf>): Promise<void> {
  expect(await storedText([orderId, pulledId, pushedId])).not.toMatch(PERSONAL);
  for (const id of [`order|${orderId}`, `lead|${pushedId}`]) {
    expect(await stores.keys.read(id)).toEqual({ wrapped: undefined, erasedAt: expect.any(String) });
  }
}

/** A person with an order, its lead and a pushed lead. */
async function aPerson(phone = newPhone()) {
  const person = deliveriesOf(phone);
  const keys = aProcess();
  await person.storeTrade(keys, 1);
  await person.storeCar(keys);
  const pulled = await person.sealedLead(keys, person.pulledId, 2, true);
  const pushed = await person.sealedLead(keys, person.pushedId, 2, false);
  await person.storeLead(pulled);
  await person.storeLead(pushed);
  await person.storeLine(keys, 2);
  return { ...person, phone, keys, pulled, pushed };
}

describe('erase', () => {
  it('by phone takes every order and lead of the person, their keys, and nobody else', async () => {
    const person = await aPerson();
    const other = await aPerson();
    const before = await storedText([person.orderId, person.pulledId, person.pushedId]);

    const found = await personOfPhone(`+86 ${person.phone}`, stores, aProcess());
    const erased = await erasePerson(found, 'request', stores);

    expect(before).toMatch(PERSONAL);
    expect(found).toEqual({ orders: [person.orderId], leads: [person.pushedId] });
    expect(erased).toEqual({ orders: 1, leads: 2 });
    await expectErased(person);
    const othersOrder = await stores.orders.read(other.orderId);
    const reveal = await createReveal(othersOrder, { kind: 'order', id: other.orderId }, aProcess());
    expect(othersOrder?.car?.buyerPhoneSealed && reveal(othersOrder.car.buyerPhoneSealed)).toBe(other.phone);
    expect(await personOfPhone(person.phone, stores, aProcess())).toEqual({ orders: [], leads: [] });
  });

  it('by order takes the order and its pulled leads, and keeps what the accounts need', async () => {
    const person = await aPerson();

    await erasePerson(await personOfOrder(person.orderId, stores), 'request', stores);

    const order = await stores.orders.read(person.orderId);
    expect(order).toMatchObject({
      erasedAt: expect.any(String),
      status: 'status 1',
      car: { payStatusCode: 2 },
    });
    expect(toOrderDocument(order ?? expect.fail())).toMatchObject({ erasedAt: order?.erasedAt });
    expect(await storedText([person.pulledId])).not.toMatch(PERSONAL);
    expect(await storedText([person.pushedId])).toMatch(PERSONAL);
  });

  it('makes every copy unreadable: a backup, a message, an export that was sealed before', async () => {
    const person = await aPerson();
    const copy = await stores.orders.read(person.orderId);
    const sealed: Sealed = copy?.car?.buyerPhoneSealed ?? expect.fail();

    await erasePerson(await personOfOrder(person.orderId, stores), 'request', stores);

    const reveal = await createReveal(copy, { kind: 'order', id: person.orderId }, aProcess());
    expect(reveal(sealed)).toBe('(erased)');
  });

  it('goes on updating the business facts of an erased order', async () => {
    const person = await aPerson();
    await erasePerson(await personOfOrder(person.orderId, stores), 'request', stores);

    await person.storeTrade(aProcess(), 9);
    await person.storeCar(aProcess());

    const order = await stores.orders.read(person.orderId);
    expect(order).toMatchObject({ status: 'status 9', carRev: 2, car: { payStatus: 'paid' } });
    await expect(storedText([person.orderId])).resolves.not.toMatch(PERSONAL);
  });

  it('drops the payload of what was parked of the order', async () => {
    const person = await aPerson();
    const parked = { quarantineId: `orders#trade#${person.orderId}`, source: 'orders', reason: 'x' };
    const entity = { kind: 'quarantine', id: parked.quarantineId } as const;
    const { payloadSealed } = await sealRecord({ payload: new Clear('text', 'body') }, entity, person.keys);
    await stores.quarantine.park({ ...parked, orderId: person.orderId, seenAt: minute(3), payloadSealed });

    await erasePerson(await personOfOrder(person.orderId, stores), 'request', stores);

    expect(await stores.quarantine.read(parked.quarantineId)).not.toHaveProperty('payloadSealed');
    expect(
      (await stores.keys.read(`quarantine|orders%23trade%23${person.orderId}`))?.wrapped,
    ).toBeUndefined();
  });

  it('erases again what a restored backup brought back (C45)', async () => {
    const person = await aPerson();
    await erasePerson(await personOfPhone(person.phone, stores, aProcess()), 'request', stores);
    // The backup is older than the erasure: the rows are as they were, the keys are gone.
    for (const [noun, key] of [
      ['orders', { orderId: { S: person.orderId } }],
      ['leads', { leadId: { S: person.pulledId } }],
      ['leads', { leadId: { S: person.pushedId } }],
    ] as const) {
      await dynamoDb.send(new DeleteItemCommand({ TableName: tableNamed(noun), Key: key }));
    }
    await stores.leads.writeLead(person.pulled);
    await stores.leads.writeLead(person.pushed);
    const restored = await storedText([person.pulledId, person.pushedId]);

    await erasePerson(await personsErased(stores), 'again', stores);

    expect(restored).toMatch(PERSONAL);
    await expectErased(person);
  });
});

describe('an erasure among messages (C40, C41)', () => {
  it('ends erased, whatever comes before, during and after it', async () => {
    const names = [
      'car',
      'carWarm',
      'trade',
      'tradeWarm',
      'lead',
      'leadAgain',
      'pushed',
      'pushedAgain',
      'line',
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(names, { minLength: 1 }),
        fc.shuffledSubarray(names, { minLength: 1 }),
        async (during, after) => {
          const person = await aPerson();
          const found = await personOfPhone(person.phone, stores, aProcess());
          let at = 10;
          const deliver = async (name: string): Promise<void> => {
            // A warm process still holds the key; a cold one asks the table.
            const keys = name.endsWith('Warm') ? person.keys : aProcess();
            at += 1;
            if (name.startsWith('car')) return person.storeCar(keys);
            if (name.startsWith('trade')) return person.storeTrade(keys, at);
            if (name === 'line') return person.storeLine(keys, at);
            if (name === 'leadAgain') return person.storeLead(person.pulled);
            if (name === 'pushedAgain') return person.storeLead(person.pushed);
            const isPulled = name === 'lead';
            const leadId = isPulled ? person.pulledId : person.pushedId;
            return person.storeLead(await person.sealedLead(keys, leadId, at, isPulled));
          };

          await Promise.all([erasePerson(found, 'request', stores), ...during.map(deliver)]);
          for (const name of after) await deliver(name);

          await expectErased(person);
        },
      ),
      { numRuns: 15 },
    );
  });

  it('drops the person of a lead that was on its way and is stored only now', async () => {
    const person = await aPerson();
    const late = await person.sealedLead(person.keys, newId(), 3, true);
    await erasePerson(await personOfOrder(person.orderId, stores), 'request', stores);

    await person.storeLead(late);

    expect(await storedText([late.leadId])).toMatch(late.leadId);
    expect(await storedText([late.leadId])).not.toMatch(PERSONAL);
  });

  it('cut off at any call, gives no key out from the first on, and is completed by the same command', async () => {
    let cut = 1;
    for (let done = false; !done; cut += 1) {
      const person = await aPerson();
      const found = await personOfPhone(person.phone, stores, aProcess());
      const failing = cutAt(cut);

      done = await erasePerson(found, 'request', failing).then(
        () => true,
        () => false,
      );
      const key = await aProcess().readKey(`order|${person.orderId}`);
      await erasePerson(await personOfPhone(person.phone, stores, aProcess()), 'request', stores);

      expect([cut, cut === 1 || key === undefined]).toEqual([cut, true]);
      await expectErased(person);
    }
    expect(cut).toBeGreaterThan(8);
  });

  /** Stores of a process that dies instead of its nth write. */
  function cutAt(nth: number): Stores {
    let writes = 0;
    const dying = <Table extends object>(table: Table): Table =>
      new Proxy(table, {
        get: (target, name) => {
          const method: unknown = Reflect.get(target, name);
          if (typeof method !== 'function' || !/^(entomb|shred|erase|dropPayload)$/.test(String(name))) {
            return method;
          }
          return async (...given: unknown[]): Promise<unknown> => {
            writes += 1;
            if (writes === nth) throw new Error('killed');
            return Reflect.apply(method, target, given);
          };
        },
      });
    return {
      ...stores,
      ...{ keys: dying(stores.keys), orders: dying(stores.orders), leads: dying(stores.leads) },
      ...{ adOrders: dying(stores.adOrders), quarantine: dying(stores.quarantine) },
    };
  }
});

describe('askPhone', () => {
  it('reads the number from standard input', async () => {
    await expect(askPhone(Readable.from([`${PHONE}\n`]))).resolves.toBe(PHONE);
  });

  it.each([['no number\n'], ['\n'], ['']])('refuses %j without repeating it', async (text) => {
    const asked = askPhone(Readable.from([text]));

    await expect(asked).rejects.toMatchObject({ reason: 'configuration', field: '--phone' });
    await expect(asked).rejects.not.toThrow(/no number\n/);
  });
});
