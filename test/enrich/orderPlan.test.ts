import { describe, expect, it } from 'vitest';
import type { OrderRecord } from '../../lib/domain/order.ts';
import { nextLook } from '../../lib/enrich/orderPlan.ts';
import { carFacet, minute, ORDER_ID, SHOP, tradeFacet } from '../store/samples.ts';

const SEEN = Date.parse('2026-11-20T10:00:00+08:00');
const HOUR = 3_600_000;

function order(statusCode: string, car: OrderRecord['car']): OrderRecord {
  const trade = tradeFacet({ statusCode });
  return { orderId: ORDER_ID, shop: SHOP, firstSeenAt: minute(0), rev: 1, trade, car, owes: [], gaps: {} };
}

describe('the next look at an order with nothing owed', () => {
  it.each([
    ['open, a car', order('WAIT_BUYER_PAY', carFacet()), HOUR, 'openOrder', 25 * HOUR],
    ['open, no car yet', order('WAIT_BUYER_PAY', null), 0, 'carCheck', HOUR],
    ['closed, no car yet', order('TRADE_FINISHED', null), 0, 'carCheck', HOUR],
    ['closed, no car after an hour', order('TRADE_CLOSED', null), HOUR, 'carCheck', 24 * HOUR],
    ['closed, no car after a day', order('TRADE_CLOSED', null), 24 * HOUR, 'carCheck', 72 * HOUR],
  ])('%s', (_, stored, after, reason, at) => {
    const look = nextLook(stored, SEEN + after);

    expect(look).toMatchObject({ reason, steps: expect.arrayContaining(['car']) });
    expect(Date.parse(look?.dueAt ?? '') - SEEN).toBe(at);
  });

  it.each([
    ['closed, a car', order('TRADE_FINISHED', carFacet()), 0],
    ['closed, no car after three days', order('TRADE_FINISHED', null), 72 * HOUR],
  ])('there is none: %s', (_, stored, after) => {
    expect(nextLook(stored, SEEN + after)).toBeUndefined();
  });
});
