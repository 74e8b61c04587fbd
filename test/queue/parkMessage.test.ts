import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CarferryError } from '../../lib/core/errors.ts';
import type { QueueMessage } from '../../lib/domain/queueMessage.ts';
import { createParker } from '../../lib/queue/parkMessage.ts';
import { createQuarantineTable, type QuarantineTable } from '../../lib/store/quarantineTable.ts';
import { startTestEngines, type TestEngines } from '../support/engines.ts';
import { AT, noLead, recordOf, SHOP, tradeOf } from './samples.ts';

let engines: TestEngines;
let quarantine: QuarantineTable;

beforeAll(async () => {
  engines = await startTestEngines();
  quarantine = createQuarantineTable(engines.dynamoDb, await engines.createTable('QuarantineTable'));
});
afterAll(() => engines.close());

const error = new CarferryError({
  disposition: 'park',
  reason: 'record-too-large',
  message: 'too large',
  field: 'trade.extra',
  hint: 'look for a field that grew',
  details: { expected: 'at most 350 KB' },
});

/** Stands for sealing: shows that the whole body went through it, and under which id. */
const sealPayload = async (payload: string, quarantineId: string) => ({
  mask: '',
  envelope: {
    v: 1,
    keyId: 'k',
    aad: quarantineId,
    iv: '',
    ct: Buffer.from(payload).toString('base64'),
    tag: '',
  } as const,
});

const parker = () =>
  createParker({ source: 'orders', quarantine, sealPayload, clock: { now: () => Date.parse(AT) } });

describe('the parker', () => {
  it('keeps what a person needs, and the body only sealed', async () => {
    const message = tradeOf('11', 10, '测试甲');
    const record = recordOf('a', message);

    await parker()({ record, message, error });

    expect(await quarantine.read('orders#trade#11')).toEqual({
      quarantineId: 'orders#trade#11',
      source: 'orders',
      shop: SHOP,
      orderId: '11',
      version: `${AT} ${AT}`,
      reason: 'record-too-large',
      field: 'trade.extra',
      expected: 'at most 350 KB',
      hint: 'look for a field that grew',
      firstSeenAt: AT,
      lastSeenAt: AT,
      times: 1,
      payloadSealed: await sealPayload(record.body, 'orders#trade#11'),
    });
  });

  const lead = {
    leadId: '9',
    source: 'pushed',
    shop: SHOP,
    createdAt: AT,
    observedAt: AT,
    hash: 'h',
  } as const;
  const line = {
    orderId: '8',
    line: '8#2#c',
    subOrderId: '8',
    shop: SHOP,
    prodType: 1,
    statusCode: 2,
    observedAt: AT,
    hash: 'h',
  };
  const messages: readonly [string, QueueMessage, string | undefined][] = [
    ['orders#trade#1', tradeOf('1', 1), '1'],
    ['orders#due#2', { v: 1, kind: 'due', shop: SHOP, orderId: '2', reason: 'owed', steps: ['car'] }, '2'],
    ['orders#noLead#3', noLead('3'), '3'],
    ['orders#adLine#8#8#2#c', { v: 1, kind: 'adLine', shop: SHOP, line }, '8'],
    ['orders#lead#9', { v: 1, kind: 'lead', shop: SHOP, lead }, undefined],
  ];
  it.each(messages)(
    'parks %s under what it is about, once for all its deliveries',
    async (id, message, orderId) => {
      await parker()({ record: recordOf('first', message), message, error });
      await parker()({ record: recordOf('second', message, 4), message, error });

      const parked = await quarantine.read(id);
      expect([parked?.orderId, parked?.times]).toEqual([orderId, 2]);
    },
  );

  it('parks an unreadable body under its bytes', async () => {
    const before = await quarantine.count();
    const park = (messageId: string, body: string) => parker()({ record: recordOf(messageId, body), error });

    await park('a', '<html>');
    await park('b', '<html>');
    await park('c', '<html >');

    expect(await quarantine.count()).toBe(before + 2);
  });
});
