import type { OrderRecord } from '../domain/order.ts';
import { Clear, sealedSchema } from '../domain/personal.ts';
import type { TradeFacet } from '../domain/tradeFacet.ts';
import type { KeyProvider } from '../privacy/keyProvider.ts';
import { maskOf } from '../privacy/mask.ts';
import { isPlainObject } from '../privacy/place.ts';
import { createReveal, ERASED } from '../privacy/reveal.ts';
import type { OrdersTable, StoredVersion } from '../store/ordersTable.ts';

/** How the table stands to a trade that upstream shows. */
export type Found = 'present' | 'absent' | 'differing';

/** A trade as upstream shows it, not yet sealed, with its hash. */
export type ShownTrade = { readonly trade: TradeFacet; readonly hash: string };

/** Compares with what the index knows: at this very version, with nothing left to do for it. */
export function compareVersion(
  { trade, hash }: ShownTrade,
  versions: ReadonlyMap<string, StoredVersion>,
): Found {
  const stored = versions.get(trade.orderId);
  if (stored === undefined) return 'absent';
  const isSame = stored.modifiedAt === trade.modifiedAt && stored.hash === hash && !stored.owes;
  return isSame ? 'present' : 'differing';
}

export type CompareOptions = {
  /** The shop names its car categories, so an order without car and lead may be complete. */
  readonly mayLackCar: boolean;
};

export type WholeTradeDeps = {
  readonly orders: Pick<OrdersTable, 'read'>;
  readonly keys: KeyProvider;
};

/**
 * Compares with the stored order itself, its sealed values opened: also finds what was altered by hand under a
 * version that is as it should be. Beyond the trade only what is absent can be seen (docs/adr/0017). `seen` is
 * the order that was looked at.
 */
export async function compareWhole(
  shown: ShownTrade,
  versions: ReadonlyMap<string, StoredVersion>,
  { orders, keys, mayLackCar }: WholeTradeDeps & CompareOptions,
): Promise<{ readonly found: Found; readonly seen?: OrderRecord }> {
  const { trade, hash } = shown;
  const order = await orders.read(trade.orderId);
  if (order === undefined) return { found: 'absent' };
  // It keeps no person, so it cannot be what upstream shows, and is not to become it.
  if (order.erasedAt !== undefined) return { found: 'present', seen: order };
  const isSame =
    compareVersion(shown, versions) === 'present' &&
    order.hash === hash &&
    order.tradeModifiedAt === trade.modifiedAt &&
    order.shop === trade.shop &&
    order.createdAt === trade.createdAt &&
    order.status === (trade.status ?? trade.statusCode) &&
    order.owes.length === 0 &&
    isComplete(order, mayLackCar) &&
    (await holdsTrade(order.trade, trade, keys));
  return { found: isSame ? 'present' : 'differing', seen: order };
}

/** Whether no facet is absent that every such order gets; most come from no ad and have no attribution. */
function isComplete({ trade, items, car, lead }: OrderRecord, mayLackCar: boolean): boolean {
  const namesItems = [trade, ...(trade?.subOrders ?? [])].some((part) => part?.itemId !== undefined);
  return (!namesItems || items !== undefined) && (mayLackCar || (car !== undefined && lead !== undefined));
}

async function holdsTrade(stored: unknown, shown: TradeFacet, keys: KeyProvider): Promise<boolean> {
  const reveal = await createReveal({ trade: stored }, { kind: 'order', id: shown.orderId }, keys);
  return isSealedFrom(stored, shown, reveal);
}

type Reveal = Awaited<ReturnType<typeof createReveal>>;

/** Whether sealing `shown` would have given `stored`; a value whose key was erased counts as the same. */
function isSealedFrom(stored: unknown, shown: unknown, reveal: Reveal): boolean {
  if (shown instanceof Clear) {
    const sealed = sealedSchema.safeParse(stored).data;
    if (sealed === undefined || sealed.mask !== maskOf(shown.kind, shown.reveal())) return false;
    const value = reveal(sealed);
    return value === shown.reveal() || value === ERASED;
  }
  if (Array.isArray(shown)) {
    if (!Array.isArray(stored) || stored.length !== shown.length) return false;
    return shown.every((element, at) => isSealedFrom(stored[at], element, reveal));
  }
  if (!isPlainObject(shown)) return Object.is(stored, shown);
  if (!isPlainObject(stored)) return false;
  const members = Object.entries(shown).flatMap(([key, value]) =>
    value === undefined ? [] : [[value instanceof Clear ? `${key}Sealed` : key, value] as const],
  );
  const isComplete = members.length === Object.keys(stored).length;
  return isComplete && members.every(([key, value]) => isSealedFrom(stored[key], value, reveal));
}
