import { describe, expect, it } from 'vitest';
import { Clear } from '../../lib/domain/personal.ts';
import type { PushedCall } from '../../lib/webhook/defineWebhookMethod.ts';
import { carLeadsSynchronize } from '../../lib/webhook/methods/carLeadsSynchronize.ts';

const call: PushedCall = {
  shop: '测试旗舰店',
  method: 'qimen.tmall.car.leads.synchronize',
  bodyText: '{"body":1}',
  sentAt: '2025-03-25T12:00:00+08:00',
  observedAt: '2025-03-25T12:00:01+08:00',
  hmac: (purpose, text) => `${purpose}(${text})`,
};

const request = {
  name: '测试甲',
  mobile: '13900000001',
  addr: '测试省测试市测试路1号',
  district_id: '330106',
  brand: '测试品牌',
  line: '测试车系',
  year: '2025',
  model: '旗舰版',
  price: '199800',
  favorite_brand: '另一品牌',
  attr: '{"store_id":"S1","store_code":"C1"}',
  price_memo: '周末看车',
};

function leadOf(fields: Record<string, unknown>, given: PushedCall = call) {
  const read = carLeadsSynchronize.read(fields, given);
  if (!read.ok) throw new Error(`refused at ${read.field}`);
  return read.message.lead;
}

const revealed = (value: unknown) => (value instanceof Clear ? `${value.kind}:${value.reveal()}` : value);

describe('qimen.tmall.car.leads.synchronize', () => {
  it('becomes a pushed lead with every documented field', () => {
    const { name, phone, address, ...rest } = leadOf(request);

    expect([name, phone, address].map(revealed)).toEqual([
      'name:测试甲',
      'phone:13900000001',
      'address:测试省测试市测试路1号',
    ]);
    expect(rest).toEqual({
      leadId: 'pushedLead(测试旗舰店|qimen.tmall.car.leads.synchronize|{"body":1}|2025-03-25)',
      source: 'pushed',
      shop: '测试旗舰店',
      createdAt: '2025-03-25T12:00:00+08:00',
      observedAt: '2025-03-25T12:00:01+08:00',
      hash: 'lead({"body":1})',
      districtId: '330106',
      brandName: '测试品牌',
      seriesName: '测试车系',
      year: '2025',
      model: '旗舰版',
      price: '199800',
      favoriteBrand: '另一品牌',
      priceMemo: '周末看车',
      storeId: 'S1',
      storeCode: 'C1',
    });
  });

  it('needs name, mobile and attr only, and leaves blank fields out', () => {
    const lead = leadOf({ name: 'ab', mobile: '1', attr: '{}', addr: '', brand: ' ', line: null });

    expect(Object.keys(lead).sort()).toEqual(
      ['createdAt', 'hash', 'leadId', 'name', 'observedAt', 'phone', 'shop', 'source'].sort(),
    );
  });

  it.each(['name', 'mobile', 'attr'])('names the missing field %s and no value', (field) => {
    for (const blank of [undefined, null, '', '  ']) {
      const fields = { ...request, [field]: blank };

      expect(carLeadsSynchronize.read(fields, call)).toEqual({ ok: false, field, missing: true });
    }
  });

  it('names a malformed field', () => {
    const read = carLeadsSynchronize.read({ ...request, mobile: ['13900000001'] }, call);

    expect(read).toEqual({ ok: false, field: 'mobile', missing: false });
  });

  it('takes numbers by their digits and attr as an object', () => {
    const lead = leadOf({ ...request, mobile: 13900000001, year: 2025, attr: { store_id: 7 } });

    expect([lead.year, lead.storeId, revealed(lead.phone)]).toEqual(['2025', '7', 'phone:13900000001']);
  });

  it('keeps a store id beyond 2^53 exactly', () => {
    expect(leadOf({ ...request, attr: '{"store_id":4277659395456225432}' }).storeId).toBe(
      '4277659395456225432',
    );
  });

  it.each(['store 7', '[1]', '"text"', '{"store_id":', '7'])(
    'keeps the unreadable attr %s as it is',
    (attr) => {
      expect(leadOf({ ...request, attr })).toMatchObject({ attr });
    },
  );

  it('keeps unknown fields and unknown members of attr', () => {
    const attr = '{"store_id":"S1","sales":{"level":2}}';

    const lead = leadOf({ ...request, attr, new_field: 'kept' });

    expect(lead.extra).toEqual({ new_field: 'kept', attr: { store_code: undefined, sales: { level: 2 } } });
  });

  it.each([
    ['an unknown field', { contact_phone: '13900000002' }],
    ['an unknown value', { memo2: 'call 13900000002' }],
    ['a documented free text', { price_memo: 'call 13900000002' }],
    ['an unreadable attr', { attr: 'call 13900000002' }],
    ['a member of attr', { attr: '{"store_id":"13900000002","sales":{"tel":"13900000002"}}' }],
  ])('leaves no phone in clear in %s', (_where, change) => {
    const lead = leadOf({ ...request, ...change });

    expect(JSON.stringify(lead)).not.toContain('13900000002');
    expect(JSON.stringify(lead)).toContain('[personal]');
  });

  it('is the same lead when delivered again the same Beijing day, and another one the next', () => {
    const again = leadOf(request, { ...call, sentAt: '2025-03-25T23:59:59+08:00', observedAt: 'later' });
    const tomorrow = leadOf(request, { ...call, sentAt: '2025-03-26T00:00:00+08:00' });

    expect(again.leadId).toBe(leadOf(request).leadId);
    expect(tomorrow.leadId).not.toBe(again.leadId);
  });
});
