import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLeadsTable, type LeadsTable } from '../../lib/store/leadsTable.ts';
import { loseReplies } from '../support/dynamoDbFaults.ts';
import { startTestEngines, type TestEngines } from '../support/engines.ts';
import { attributionFacet, leadRecord, minute, ORDER_ID, SHOP } from './samples.ts';

let engines: TestEngines;
let tableName: string;
let leads: LeadsTable;
let count = 0;

function newLeadId(): string {
  count += 1;
  return `20000000000000${String(count).padStart(5, '0')}`;
}

beforeAll(async () => {
  engines = await startTestEngines();
  tableName = await engines.createTable('LeadsTable');
  leads = createLeadsTable(engines.dynamoDb, tableName);
});
afterAll(() => engines.close());

describe('writeLead', () => {
  const stored = { observedAt: minute(10), hash: 'h5' };
  it.each([
    ['another content observed later', { observedAt: minute(11), hash: 'h4' }, 'written', 'h4'],
    ['another content observed earlier', { observedAt: minute(9), hash: 'h6' }, 'stale', 'h5'],
    ['the same content observed later', { observedAt: minute(11), hash: 'h5' }, 'stale', 'h5'],
    ['the very same observation', stored, 'written', 'h5'],
  ])('%s', async (_, change, outcome, hash) => {
    const leadId = newLeadId();
    await leads.writeLead(leadRecord({ leadId, ...stored, brandName: stored.hash }));

    const result = await leads.writeLead(leadRecord({ leadId, ...change, brandName: change.hash }));

    expect(result).toBe(outcome);
    expect(await leads.read(leadId)).toMatchObject({ hash, brandName: hash });
  });

  it('replaces what was received whole, and keeps summaries and links', async () => {
    const leadId = newLeadId();
    await leads.writeLead(leadRecord({ leadId, brandName: '旧' }));
    await leads.writeSummaries(leadId, { attribution: attributionFacet(), orderRev: 3 });
    await leads.link(leadId, 'b');
    await leads.link(leadId, 'a');

    const newer = leadRecord({ leadId, observedAt: minute(30), hash: 'h2', orderRev: 99, sameAs: ['x'] });
    await leads.writeLead(newer);

    const { orderRev: _r, sameAs: _s, ...received } = newer;
    expect(await leads.read(leadId)).toEqual({
      ...received,
      attribution: attributionFacet(),
      orderRev: 3,
      sameAs: ['a', 'b'],
    });
  });

  it('ends with the greatest observation in any order', async () => {
    const observation = fc.record({
      observedAt: fc.integer({ min: 10, max: 13 }).map(minute),
      hash: fc.constantFrom('h1', 'h2', 'h3'),
    });
    const histories = fc
      .array(observation, { minLength: 1, maxLength: 6 })
      .chain((sent) => fc.tuple(fc.constant(sent), fc.shuffledSubarray(sent, { minLength: sent.length })));
    await fc.assert(
      fc.asyncProperty(histories, async ([sent, shuffled]) => {
        const [first, second] = [newLeadId(), newLeadId()];
        for (const one of sent) await leads.writeLead(leadRecord({ leadId: first, ...one }));
        await Promise.all(shuffled.map((one) => leads.writeLead(leadRecord({ leadId: second, ...one }))));

        const greatest = [...sent]
          .sort((a, b) => (a.observedAt + a.hash < b.observedAt + b.hash ? -1 : 1))
          .at(-1);
        expect(await leads.read(first)).toMatchObject({ ...greatest });
        expect(await leads.read(second)).toMatchObject({ ...greatest });
      }),
      { numRuns: 25 },
    );
  });
});

describe('writeSummaries', () => {
  const summaries = (orderRev: number) => ({
    orderRev,
    order: { orderId: ORDER_ID, shop: SHOP, title: `rev ${orderRev}` },
  });

  it.each([
    ['a newer rev', 5, 'written', 'rev 5'],
    ['an older rev', 3, 'stale', 'rev 4'],
    ['the same rev', 4, 'written', 'rev 4'],
  ])('given %s', async (_, orderRev, outcome, title) => {
    const leadId = newLeadId();
    await leads.writeLead(leadRecord({ leadId }));
    await leads.writeSummaries(leadId, summaries(4));

    const result = await leads.writeSummaries(leadId, summaries(orderRev));

    expect(result).toBe(outcome);
    expect((await leads.read(leadId))?.order?.title).toBe(title);
  });

  it('never makes a lead of its own', async () => {
    const leadId = newLeadId();

    const results = [await leads.writeSummaries(leadId, summaries(1)), await leads.link(leadId, 'a')];

    expect(results).toEqual(['stale', 'stale']);
    expect(await leads.read(leadId)).toBeUndefined();
  });

  it('is written when only the reply was lost', async () => {
    const leadId = newLeadId();
    await leads.writeLead(leadRecord({ leadId }));
    const client = engines.newDynamoDb(3);
    loseReplies(client, ['UpdateItemCommand']);

    const result = await createLeadsTable(client, tableName).writeSummaries(leadId, summaries(1));

    expect(result).toBe('written');
  });
});

describe('byPhone', () => {
  it('finds the leads of a phone within a time, both ends included', async () => {
    const phoneIndex = 'cd34';
    const ids = [1, 2, 3, 4].map(() => newLeadId());
    const write = (n: number, at: string, more = {}) =>
      leads.writeLead(leadRecord({ leadId: ids[n] ?? '', createdAt: at, phoneIndex, ...more }));
    await write(0, minute(1));
    await write(1, minute(2), { source: 'pushed', orderId: undefined, seriesName: undefined });
    await write(2, minute(3));
    await write(3, minute(2), { phoneIndex: 'ef56' });

    const found = await leads.byPhone(phoneIndex, minute(2), minute(3));

    expect(found).toEqual([
      { leadId: ids[1], createdAt: minute(2), source: 'pushed', seriesName: undefined },
      { leadId: ids[2], createdAt: minute(3), source: 'pulled', seriesName: '测试系' },
    ]);
  });
});
