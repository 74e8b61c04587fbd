import type { QueueMessageOf } from '../../lib/domain/queueMessage.ts';
import type { QueueRecord } from '../../lib/queue/consumeBatch.ts';

export const SHOP = '测试旗舰店';
export const AT = '2026-11-20T10:00:00+08:00';

export function noLead(orderId: string, overrides: Partial<QueueMessageOf<'noLead'>> = {}) {
  return { v: 1, kind: 'noLead', shop: SHOP, orderId, observedAt: AT, ...overrides } as const;
}

/** A trade message whose body has about `bytes` bytes of ASCII. */
export function tradeOf(orderId: string, bytes: number, memo = 'x'): QueueMessageOf<'trade'> {
  const trade = {
    orderId,
    shop: SHOP,
    createdAt: AT,
    modifiedAt: AT,
    statusCode: 'TRADE_FINISHED',
    subOrders: [],
    promotions: [],
    serviceOrders: [],
    extra: { memo: memo.repeat(bytes) },
  };
  return { v: 1, kind: 'trade', shop: SHOP, orderId, observedAt: AT, hash: 'h', trade };
}

export function recordOf(messageId: string, body: unknown, receives = 1): QueueRecord {
  return {
    messageId,
    receiptHandle: `handle ${messageId}`,
    body: typeof body === 'string' ? body : JSON.stringify(body),
    attributes: { ApproximateReceiveCount: String(receives) },
  };
}
