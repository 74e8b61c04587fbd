import { describe, expect, it } from 'vitest';
import { exportLine } from '../../../infra/cli/exportProgress.ts';
import { printStory } from '../../../infra/cli/printStory.ts';
import { unsealReason } from '../../../infra/cli/unseal.ts';
import { type StoryParts, tellOrder } from '../../../infra/local/story/orderStory.ts';
import { createPaint } from '../../../infra/local/terminal/paint.ts';
import type { Sealed } from '../../../lib/domain/personal.ts';

const AT = '2026-11-22T15:00:00+08:00';
const paint = createPaint(false);
const sealed = (mask: string): Sealed => ({
  mask,
  envelope: { v: 1, keyId: 'k', aad: 'a', iv: 'i', ct: 'c', tag: 't' },
});

const parts: StoryParts = {
  order: {
    ...{
      orderId: '4277659395456225432',
      shop: '测试店',
      createdAt: AT,
      status: 'paid',
      firstSeenAt: AT,
      rev: 7,
    },
    trade: {
      ...{ orderId: '4277659395456225432', shop: '测试店', createdAt: AT, modifiedAt: AT },
      ...{ statusCode: 'X', status: 'paid', type: 'staged', totalFen: 5990000, paymentFen: 5740000 },
      ...{ subOrders: [{ title: '测试汽车' }], promotions: [], serviceOrders: [] },
    },
    tradeModifiedAt: AT,
    car: {
      ...{ orderId: '4277659395456225432', shop: '测试店', payStatus: 'succeeded', subOrders: [] },
      buyerNameSealed: sealed('测*'),
      buyerPhoneSealed: sealed('139****0001'),
      payment: {
        stages: [
          { stageNo: 1, stageName: '一阶段', payFen: 199900, actualPayFen: 199900, payStatus: 'paid' },
        ],
      },
    },
    carRev: 3,
    lead: { leadId: '9001' },
    owes: ['attribution'],
    gaps: { items: 'invalid-session' },
  },
  lead: {
    ...{ leadId: '9001', source: 'pulled', shop: '测试店', createdAt: AT, observedAt: AT, hash: 'h' },
    phoneSealed: sealed('139****0001'),
  },
  lines: [],
  dues: [{ orderId: '4277659395456225432', reason: 'openOrder', dueAt: AT, shop: '测试店', attempts: 2 }],
};

describe("an order's story", () => {
  it('tells facets with versions, stages, the lead, what is owed, missing and due', () => {
    const text = printStory(tellOrder(parts), paint);

    for (const told of [
      'Order 4277659395456225432, 测试店, paid',
      'modified 2026-11-22 15:00:00',
      'rev 3',
      '57400.00',
      '一阶段',
      'Lead 9001',
      'owes: attribution',
      'gap: items (invalid-session)',
      'still open, 2 done before',
      '139****0001',
    ])
      expect(text).toContain(told);
  });

  it('shows personal values only through what reveals them', () => {
    const masked = JSON.stringify(tellOrder(parts));
    const clear = JSON.stringify(
      tellOrder({ ...parts, reveal: { order: () => 'CLEAR', lead: () => 'CLEAR' } }),
    );

    expect([masked.includes('测*'), masked.includes('CLEAR'), masked.includes('envelope')]).toEqual([
      true,
      false,
      false,
    ]);
    expect(clear.match(/CLEAR/g)).toHaveLength(3);
  });

  it('says so when nothing is open, and when a part is not there', () => {
    const bare = { orderId: '1', shop: '测试店', firstSeenAt: AT, rev: 1, owes: [], gaps: {} };
    const text = printStory(tellOrder({ order: bare, lead: undefined, lines: [], dues: [] }), paint);

    expect(text).toContain('not there yet');
    expect(text).toContain('none so far');
    expect(text).toContain('nothing: everything that can be known');
  });
});

describe('the reason of an unsealing', () => {
  it.each(['', '   ', '--data', '-x'])('is not "%s"', (text) => {
    expect(() => unsealReason(text)).toThrow('say why');
  });

  it('is kept as it was said', () => {
    expect(unsealReason(' complaint 4711 ')).toBe('complaint 4711');
  });
});

describe('the progress of an export', () => {
  it.each([
    [{ written: 0, total: 100, elapsedMs: 10 }, 'orders  ░░░░░░░░░░░░░░░░ 0 %  0 of 100'],
    [
      { written: 50, total: 100, elapsedMs: 4000 },
      'orders  ████████░░░░░░░░ 50 %  50 of 100, about 4 s left',
    ],
    [{ written: 5, total: undefined, elapsedMs: 10 }, 'orders: 5 written'],
    [{ written: 5, total: 4, elapsedMs: 10 }, 'orders: 5 written'],
  ])('%j', (progress, line) => {
    expect(exportLine('orders', progress)).toBe(line);
  });
});
