import { isDeepStrictEqual } from 'node:util';
import { CarferryError } from '../core/errors.ts';
import type { AdLine } from '../domain/adLine.ts';
import type { OrderRecord } from '../domain/order.ts';
import { refreshLead } from './refreshLead.ts';
import { summariseAttribution } from './steps/attributionSummary.ts';
import type { AdOrdersStore, LeadsStore, OrdersStore, RunLimits } from './stores.ts';

export type StoreAdLineDeps = {
  readonly adOrders: AdOrdersStore;
  readonly orders: Pick<OrdersStore, 'read' | 'writeFacets'>;
  readonly leads: Pick<LeadsStore, 'writeSummaries'>;
  /** Seller nicks of the configured shops. */
  readonly shops: ReadonlySet<string>;
};

const MOST_PASSES = 5;

/**
 * Stores an ad line, then brings the attribution of its order and of the order's lead up to date. Also when
 * the line was known: an earlier run may have ended between the two. An order that is not there yet reads its
 * lines when its trade comes, which is after this line was written.
 */
export function createAdLineStorer(deps: StoreAdLineDeps) {
  return async function storeAdLine(line: AdLine, limits: RunLimits): Promise<void> {
    await deps.adOrders.writeLine(line);
    if (!deps.shops.has(line.shop)) return;
    for (let pass = 1; pass <= MOST_PASSES; pass += 1) {
      limits.signal.throwIfAborted();
      const order = await deps.orders.read(line.orderId);
      if (order === undefined) return;
      if (order.erasedAt !== undefined) await deps.adOrders.erase(order.orderId);
      const refreshed = await refreshAttribution(order);
      if (refreshed === undefined) continue;
      await refreshLead(refreshed, deps.leads);
      return;
    }
    throw contended();
  };

  /** The order with its present attribution, or undefined after a lost race. */
  async function refreshAttribution(order: OrderRecord): Promise<OrderRecord | undefined> {
    const { orderId, shop, firstSeenAt } = order;
    const value = summariseAttribution(await deps.adOrders.linesOf(orderId));
    if (isDeepStrictEqual(value, order.attribution)) return order;
    const facets = { attribution: { value, rev: order.attributionRev ?? 0 } };
    const written = await deps.orders.writeFacets({ orderId, shop, firstSeenAt, facets });
    return written.outcome === 'written' ? written.order : undefined;
  }
}

function contended(): CarferryError {
  return new CarferryError({
    disposition: 'retry',
    reason: 'order-contended',
    message: 'the order changed during every attempt to write its attribution',
  });
}
