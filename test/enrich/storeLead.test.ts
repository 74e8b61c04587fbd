import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { toIso } from '../../lib/domain/chinaTime.ts';
import { startTestEngines, type TestEngines } from '../support/engines.ts';
import {
  adLine,
  type Bench,
  createBench,
  leadMessage,
  limits,
  NOW,
  ORDER_ID,
  SHOP,
  tradeMessage,
} from './bench.ts';
import { answerAll } from './fakeTop.ts';

const LEAD_ID = '1851125030483093545';
const DAY_MS = 86_400_000;

describe('the flow of a lead', () => {
  let engines: TestEngines;
  let bench: Bench;
  beforeAll(async () => {
    engines = await startTestEngines();
  });
  afterAll(() => engines.close());
  beforeEach(async () => {
    bench = await createBench(engines);
    answerAll(bench.fake.answers);
  });

  const deliver = (parts = {}) => bench.leadStorer.onLead(leadMessage(parts), limits());
  const noLead = () =>
    bench.leadStorer.onNoLead({
      v: 1,
      kind: 'noLead',
      shop: SHOP.sellerNick,
      orderId: ORDER_ID,
      observedAt: toIso(NOW),
    });

  it('gives the lead what is known of order, item and ads, and tells the order of it', async () => {
    await bench.storeAdLine(adLine(), limits());
    await bench.enricher.onTrade(tradeMessage(), limits());

    await deliver();

    const order = await bench.orders.read(ORDER_ID);
    expect(order).toMatchObject({ lead: { leadId: LEAD_ID, statusCode: 'CLOSE' } });
    expect(await bench.leads.read(LEAD_ID)).toMatchObject({
      order: { orderId: ORDER_ID, status: 'paid', actualPaidFen: 20000 },
      item: { itemId: '846195099548', brandName: '测试品牌' },
      attribution: { lines: 1, channelId: '12' },
      orderRev: order?.rev,
    });
  });

  it('brings later facets to a lead that was there before its order', async () => {
    await deliver();
    const before = await bench.leads.read(LEAD_ID);
    await bench.enricher.onTrade(tradeMessage(), limits());
    const between = await bench.leads.read(LEAD_ID);
    await bench.storeAdLine(adLine(), limits());
    const after = await bench.leads.read(LEAD_ID);

    expect(before?.order).not.toHaveProperty('status');
    expect(between).toMatchObject({ order: { status: 'paid' }, item: { brandName: '测试品牌' } });
    expect(between).not.toHaveProperty('attribution');
    expect(after).toMatchObject({ attribution: { lines: 1 } });
  });

  it('gives the summaries also when an earlier run was killed right before them', async () => {
    await bench.enricher.onTrade(tradeMessage(), limits());
    await bench.leads.writeLead(leadMessage().lead);

    await deliver();

    expect(await bench.leads.read(LEAD_ID)).toMatchObject({ order: { status: 'paid' } });
  });

  it('notes "no lead" where nothing is known, and never over a lead', async () => {
    await bench.enricher.onTrade(tradeMessage(), limits());

    await noLead();
    const without = await bench.orders.read(ORDER_ID);
    await deliver();
    await noLead();
    const withLead = await bench.orders.read(ORDER_ID);

    expect(without?.lead).toBeNull();
    expect(withLead?.lead).toMatchObject({ leadId: LEAD_ID });
  });

  it('keeps the newer status when an older message of the lead comes later', async () => {
    await deliver({ orderStatus: 'PAID', hash: 'lead-hash-2', observedAt: toIso(NOW + 1000) });

    await deliver({ orderStatus: 'CLOSE' });

    expect(await bench.orders.read(ORDER_ID)).toMatchObject({ lead: { statusCode: 'PAID' } });
  });

  it.each([
    ['first', ['lead-2', 'lead-1']],
    ['last', ['lead-1', 'lead-2']],
  ])('names the later of two leads of one order, also when it arrives %s', async (_name, leadIds) => {
    for (const leadId of leadIds) {
      const createdAt = `2026-11-20T10:0${leadId.at(-1)}:00+08:00`;
      await deliver({ leadId, createdAt, hash: `hash of ${leadId}` });
    }

    expect((await bench.orders.read(ORDER_ID))?.lead).toMatchObject({ leadId: 'lead-2' });
  });

  const pushed = (parts = {}) => ({
    leadId: 'pushed-1',
    source: 'pushed' as const,
    orderId: undefined,
    phoneIndex: 'phone-index-1',
    hash: 'pushed-hash-1',
    ...parts,
  });
  const pulled = { phoneIndex: 'phone-index-1' };

  it.each([
    ['the pulled lead comes first', [pulled, pushed()]],
    ['the pushed lead comes first', [pushed(), pulled]],
  ])('links a pushed and a pulled lead of one phone and series both ways: %s', async (_name, leads) => {
    for (const parts of leads) await deliver(parts);

    expect((await bench.leads.read('pushed-1'))?.sameAs).toEqual([LEAD_ID]);
    expect((await bench.leads.read(LEAD_ID))?.sameAs).toEqual(['pushed-1']);
  });

  const createdAt = (ms: number) => toIso(Date.parse('2026-11-20T10:01:00+08:00') + ms);
  it.each([
    ['spells the series with another width and blanks', pushed({ seriesName: ' 测试 车系 ' }), true],
    ['is exactly seven days away', pushed({ createdAt: createdAt(-7 * DAY_MS) }), true],
    ['is a second more than seven days away', pushed({ createdAt: createdAt(7 * DAY_MS + 1000) }), false],
    ['names another series', pushed({ seriesName: '另一车系' }), false],
    ['names no series', pushed({ seriesName: undefined }), false],
    ['has another phone', pushed({ phoneIndex: 'phone-index-2' }), false],
    ['has no phone', pushed({ phoneIndex: undefined }), false],
  ])('when the other lead %s, linked is %s', async (_name, other, linked) => {
    await deliver(pulled);

    await deliver(other);

    const sameAs = (await bench.leads.read(LEAD_ID))?.sameAs;
    expect(sameAs).toEqual(linked ? ['pushed-1'] : undefined);
  });
});
