import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AdLine, ClearAdLine } from '../../lib/domain/adLine.ts';
import type { CarFacet, ClearCarFacet } from '../../lib/domain/carFacet.ts';
import {
  adOrderDocument,
  leadDocument,
  orderDocument,
  toAdOrderDocument,
  toLeadDocument,
  toOrderDocument,
} from '../../lib/domain/exportDocuments.ts';
import type { ClearLeadRecord, LeadRecord } from '../../lib/domain/leadRecord.ts';
import { type OrderRecord, summariseOrder } from '../../lib/domain/order.ts';
import { Clear, type SealedRecord } from '../../lib/domain/personal.ts';
import { queueMessageSchema } from '../../lib/domain/queueMessage.ts';
import type { TradeFacet } from '../../lib/domain/tradeFacet.ts';
import { SCHEMA_FOLDER, schemaFiles } from '../../tools/writeSchemas.ts';
import { fakeReveal, fakeSeal } from './fakeSeal.ts';

const AT = '2026-11-22T10:00:00+08:00';

const clearCar: ClearCarFacet = {
  orderId: '1',
  shop: '测试店',
  buyerName: new Clear('name', '测试甲'),
  buyerPhone: new Clear('phone', '13900000001'),
  subOrders: [
    {
      subOrderId: '2',
      buyerNick: new Clear('nick', '测试昵称'),
      bookedStoreId: 's1',
      bookedStoreName: '测试4S店',
    },
  ],
  payStatusCode: 2,
  payStatus: 'paid',
  actualPaidFen: 500,
  extra: { new_contact: new Clear('phone', '13900000002'), list: [new Clear('text', '测试乙')] },
};
const clearLead: ClearLeadRecord = {
  leadId: '9',
  source: 'pulled',
  shop: '测试店',
  createdAt: AT,
  observedAt: AT,
  phone: new Clear('phone', '13900000001'),
};
const clearLine: ClearAdLine = {
  orderId: '1',
  line: '2#2#1.a',
  subOrderId: '2',
  shop: '测试店',
  prodType: 1,
  statusCode: 2,
  observedAt: AT,
};
const trade: TradeFacet = {
  orderId: '1',
  shop: '测试店',
  createdAt: AT,
  modifiedAt: AT,
  statusCode: 'WAIT_SELLER_SEND_GOODS',
  status: 'paid',
  subOrders: [{ title: '测试车', itemId: '5' }],
  promotions: [],
  serviceOrders: [],
};

// The compiler holds that what sealing makes of a translation is what the store keeps.
const sealedCar: SealedRecord<ClearCarFacet> = fakeSeal(clearCar);
const car: CarFacet = sealedCar;
const lead: LeadRecord = { ...fakeSeal(clearLead), hash: 'secret-hash', orderRev: 3, sameAs: ['b', 'a'] };
const line: AdLine = { ...fakeSeal(clearLine), hash: 'secret-hash' };
const order: OrderRecord = {
  orderId: '1',
  shop: '测试店',
  createdAt: AT,
  firstSeenAt: AT,
  rev: 4,
  trade,
  hash: 'secret-hash',
  car,
  carRev: 2,
  lead: null,
  owes: ['lead', 'items'],
  gaps: { items: 'scene-not-permitted' },
};

describe('an exported order', () => {
  it('shows masks, nulls and gaps, and none of the versions', () => {
    const document = toOrderDocument(order);

    expect(orderDocument.safeParse(document).error).toBeUndefined();
    expect(document).toMatchObject({
      car: {
        buyerName: '***',
        buyerPhone: '***',
        subOrders: [{ buyerNick: '***' }],
        extra: { new_contact: '***', list: ['***'] },
      },
      lead: null,
      owes: ['items', 'lead'],
      gaps: { items: 'scene-not-permitted' },
    });
    expect(JSON.stringify(document)).not.toMatch(/Sealed|envelope|secret-hash|"rev"|carRev/);
  });

  it('shows the values to whoever holds the key', () => {
    const document = toOrderDocument(order, fakeReveal);

    expect(orderDocument.safeParse(document).error).toBeUndefined();
    expect(document).toMatchObject({
      car: {
        buyerName: '测试甲',
        buyerPhone: '13900000001',
        subOrders: [{ buyerNick: '测试昵称' }],
        extra: { new_contact: '13900000002', list: ['测试乙'] },
      },
    });
  });

  it('may be a bare order or "not a car order"', () => {
    const bare: OrderRecord = { orderId: '1', shop: '测试店', firstSeenAt: AT, rev: 1, owes: [], gaps: {} };

    expect(orderDocument.safeParse(toOrderDocument(bare)).success).toBe(true);
    expect(toOrderDocument({ ...bare, car: null })).toMatchObject({ car: null });
  });

  it('refuses a member that its schema does not know', () => {
    expect(orderDocument.safeParse({ ...toOrderDocument(order), stray: 1 }).success).toBe(false);
  });
});

describe('an exported lead and ad line', () => {
  it('are masked and without versions', () => {
    const leadShown = toLeadDocument(lead);
    const lineShown = toAdOrderDocument(line);

    expect(leadDocument.safeParse(leadShown).error).toBeUndefined();
    expect(adOrderDocument.safeParse(lineShown).error).toBeUndefined();
    expect(leadShown).toMatchObject({ phone: '***', sameAs: ['a', 'b'] });
    expect(JSON.stringify([leadShown, lineShown])).not.toMatch(/secret-hash|orderRev/);
    expect(toLeadDocument(lead, fakeReveal)).toMatchObject({ phone: '13900000001' });
  });
});

describe('summariseOrder', () => {
  it('joins trade and car without a personal field', () => {
    expect(summariseOrder(order)).toEqual({
      orderId: '1',
      shop: '测试店',
      createdAt: AT,
      modifiedAt: AT,
      statusCode: 'WAIT_SELLER_SEND_GOODS',
      status: 'paid',
      title: '测试车',
      itemId: '5',
      payStatusCode: 2,
      payStatus: 'paid',
      actualPaidFen: 500,
      bookedStoreId: 's1',
      bookedStoreName: '测试4S店',
    });
  });
});

describe('a queue message', () => {
  const head = { v: 1, shop: '测试店' };
  it.each([
    { ...head, kind: 'trade', orderId: '1', observedAt: AT, hash: 'h', trade },
    { ...head, kind: 'due', orderId: '1', reason: 'owed', steps: ['car'] },
    { ...head, kind: 'adLine', line },
    { ...head, kind: 'lead', lead },
    { ...head, kind: 'noLead', orderId: '1', observedAt: AT },
  ])('of kind $kind is the same after the queue', (message) => {
    expect(queueMessageSchema.parse(JSON.parse(JSON.stringify(message)))).toEqual(message);
  });

  it.each([
    ['another version', { ...head, v: 2, kind: 'noLead', orderId: '1', observedAt: AT }],
    ['an unknown kind', { ...head, kind: 'other' }],
    ['an unknown member', { ...head, kind: 'noLead', orderId: '1', observedAt: AT, phone: 'x' }],
    ['a record that was never sealed', { ...head, kind: 'lead', lead: { ...clearLead, hash: 'h' } }],
    ['a time without offset', { ...head, kind: 'noLead', orderId: '1', observedAt: '2026-11-22 10:00:00' }],
  ])('is refused with %s', (_what, message) => {
    expect(queueMessageSchema.safeParse(JSON.parse(JSON.stringify(message))).success).toBe(false);
  });
});

describe('docs/schema', () => {
  it('holds exactly what npm run schemas writes', () => {
    const written = Object.fromEntries(
      readdirSync(SCHEMA_FOLDER).map((name) => [name, readFileSync(join(SCHEMA_FOLDER, name), 'utf8')]),
    );

    expect(written).toEqual(schemaFiles());
  });
});
