import type { Step } from '../../../lib/domain/order.ts';
import type { Parked } from '../../../lib/store/quarantineTable.ts';
import { aliautoLeadInfoGet } from '../../../lib/top/apis/aliautoLeadInfoGet.ts';
import { aliautoTradeCarOrderGet } from '../../../lib/top/apis/aliautoTradeCarOrderGet.ts';
import { crmTradesInfoCreate } from '../../../lib/top/apis/crmTradesInfoCreate.ts';
import { tbkItemInfoUpgradeGet } from '../../../lib/top/apis/tbkItemInfoUpgradeGet.ts';
import { tmcMessagesConsume } from '../../../lib/top/apis/tmcMessagesConsume.ts';
import { udSmartOrderDetailPull } from '../../../lib/top/apis/udSmartOrderDetailPull.ts';

/** What sending a parked record again means, by where it came from. */
export type Route =
  /** A message of ours: its body is opened and put into its queue again. */
  | { readonly kind: 'message'; readonly queue: string }
  /** A reply about one order: the order is asked for again. */
  | { readonly kind: 'ask'; readonly reason: 'owed' | 'leadCheck'; readonly steps: readonly Step[] }
  /** A row of a listing: the days it was listed in are walked again. */
  | { readonly kind: 'walk'; readonly pull: 'pullTrades' | 'pullAdOrders' }
  /** Nothing is known that would bring it back. */
  | { readonly kind: 'none' };

/** Queue nouns by the names that consumers park under. */
const QUEUES: Readonly<Record<string, string>> = { orders: 'orders', adOrders: 'ad-orders', leads: 'leads' };

const ASKS: Readonly<Record<string, Extract<Route, { kind: 'ask' }>>> = {
  [aliautoTradeCarOrderGet.method]: { kind: 'ask', reason: 'owed', steps: ['car'] },
  [tbkItemInfoUpgradeGet.method]: { kind: 'ask', reason: 'owed', steps: ['items'] },
  [aliautoLeadInfoGet.method]: { kind: 'ask', reason: 'leadCheck', steps: [] },
};

const WALKS: Readonly<Record<string, Extract<Route, { kind: 'walk' }>>> = {
  [crmTradesInfoCreate.method]: { kind: 'walk', pull: 'pullTrades' },
  // A message of the platform had the trade listed again.
  [tmcMessagesConsume.method]: { kind: 'walk', pull: 'pullTrades' },
  [udSmartOrderDetailPull.method]: { kind: 'walk', pull: 'pullAdOrders' },
};

/** The way back of a parked record. Pure. */
export function routeOf({ source, orderId }: Pick<Parked, 'source' | 'orderId'>): Route {
  const queue = QUEUES[source];
  if (queue !== undefined) return { kind: 'message', queue };
  const ask = ASKS[source];
  if (ask !== undefined) return orderId === undefined ? { kind: 'none' } : ask;
  return WALKS[source] ?? { kind: 'none' };
}
