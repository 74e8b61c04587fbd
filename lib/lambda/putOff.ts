import { toIso } from '../domain/chinaTime.ts';
import { STEPS } from '../domain/order.ts';
import type { QueueMessage } from '../domain/queueMessage.ts';
import type { DuesTable } from '../store/duesTable.ts';
import type { OrdersTable } from '../store/ordersTable.ts';

export type PutOffDeps = {
  readonly orders: Pick<OrdersTable, 'read'>;
  readonly dues: Pick<DuesTable, 'put'>;
};

/**
 * Waits of the orders queue that last longer than a minute become a row of `dues`, so that neither a ban nor an
 * expired session uses up the receives of a message. A trade can wait there only once its order holds it at this
 * version or a newer one: a due names an order, it carries no trade.
 *
 * @returns for `putOff` of `consumeBatch`: false when the message has to stay in its queue.
 */
export function createPutOff({ orders, dues }: PutOffDeps) {
  return async (message: QueueMessage, until: number): Promise<boolean> => {
    if (message.kind !== 'trade' && message.kind !== 'due') return false;
    const { orderId, shop } = message;
    const order = await orders.read(orderId);
    if (order === undefined) return false;
    if (message.kind === 'trade' && !isStored(message.trade.modifiedAt, order.tradeModifiedAt)) return false;
    const steps = message.kind === 'due' ? message.steps : STEPS.filter((step) => order.owes.includes(step));
    await dues.put({ orderId, reason: 'owed', dueAt: toIso(until), shop, attempts: 0, steps });
    return true;
  };
}

function isStored(modifiedAt: string, stored: string | undefined): boolean {
  return stored !== undefined && stored >= modifiedAt;
}
