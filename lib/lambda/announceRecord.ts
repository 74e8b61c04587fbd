import { publishRecord } from '../core/telemetry.ts';
import type { QueueMessage } from '../domain/queueMessage.ts';

/** Tells whoever watches this process that a message is done; free when nobody does. */
export function announceRecord(message: QueueMessage): void {
  publishRecord(() => {
    const { kind, shop } = message;
    switch (kind) {
      case 'trade': {
        const { orderId, trade } = message;
        const ids = [trade.itemId, ...trade.subOrders.map(({ itemId }) => itemId)];
        const itemIds = [...new Set(ids.filter((id) => id !== undefined))];
        return { kind, shop, orderId, itemIds, upstreamAt: trade.modifiedAt };
      }
      case 'adLine':
        return { kind, shop, orderId: message.line.orderId, line: message.line.line };
      case 'lead': {
        const { orderId, leadId } = message.lead;
        return { kind, shop, leadId, ...(orderId !== undefined && { orderId }) };
      }
      default:
        return { kind, shop, orderId: message.orderId };
    }
  });
}
