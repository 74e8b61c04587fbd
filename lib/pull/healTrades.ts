import type { OrdersTable, StoredVersion } from '../store/ordersTable.ts';
import { type CompareOptions, compareWhole, type WholeTradeDeps } from './compareTrades.ts';
import type { Comparison, TradeRow } from './ferryTrades.ts';

export type TradeHealer = {
  /** Compares whole orders, and takes the hash of those away that are to be written anew. */
  comparing(
    versions: ReadonlyMap<string, StoredVersion>,
    options: CompareOptions & { readonly reask: boolean },
  ): (row: TradeRow) => Promise<Comparison>;
};

export type TradeHealerDeps = WholeTradeDeps & { readonly orders: Pick<OrdersTable, 'read' | 'distrust'> };

/** Another writer may come between the look and the deed; more often than this its write is as good as ours. */
const MOST_LOOKS = 3;

/**
 * What `reconcile` does with a row before its trade is sent the ordinary way. A crash after the hash is gone
 * loses nothing: no comparison finds the order up to date until its trade has been written again.
 */
export function createTradeHealer(deps: TradeHealerDeps): TradeHealer {
  return {
    comparing:
      (versions, { reask, mayLackCar }) =>
      async (row) => {
        for (let look = 1; ; look += 1) {
          const { found, seen } = await compareWhole(row, versions, { mayLackCar, ...deps });
          const isErased = seen?.erasedAt !== undefined;
          const isSent = !isErased && (reask || found !== 'present');
          if (!isSent || seen === undefined) return { found, isSent };
          if ((await deps.orders.distrust(seen)) === 'written' || look === MOST_LOOKS)
            return { found, isSent };
        }
      },
  };
}
