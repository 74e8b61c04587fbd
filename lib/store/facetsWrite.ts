import type { AttributionFacet } from '../domain/attributionFacet.ts';
import type { CarFacet } from '../domain/carFacet.ts';
import type { ItemSummary } from '../domain/itemFacet.ts';
import { type OrderLead, type OrderRecord, STEPS, type Step } from '../domain/order.ts';
import { withoutSealed } from '../domain/withoutSealed.ts';
import type { Changes } from './expression.ts';
import type { Item } from './items.ts';
import { gapOf, revOf, toOrder } from './orderItem.ts';
import { EXPIRES_AT } from './retention.ts';
import type { Condition } from './tableCommands.ts';
import { isStoredAs } from './versions.ts';

/** A facet's new value and the rev it had when the work began; 0 when it was absent. */
export type FacetWrite<Value> = { readonly value: Value; readonly rev: number };

export type FacetsWrite = {
  readonly orderId: string;
  readonly shop: string;
  readonly facets: {
    readonly car?: FacetWrite<CarFacet | null> | undefined;
    readonly items?: FacetWrite<Record<string, ItemSummary>> | undefined;
    readonly attribution?: FacetWrite<AttributionFacet> | undefined;
    readonly lead?: FacetWrite<OrderLead | null> | undefined;
  };
  /** When given, the trade must still be this one. */
  readonly tradeVersion?: { readonly modifiedAt: string; readonly hash: string } | undefined;
  /** Steps that are no longer owed. */
  readonly paid?: readonly Step[] | undefined;
  /** Reasons of steps that could not be done; `null` removes one. */
  readonly gaps?: Partial<Record<Step, string | null>> | undefined;
  readonly phoneIndex?: string | undefined;
  readonly firstSeenAt: string;
};

/** Every given facet still has the rev that was read, and the trade is the one worked for; nothing to ask without both. */
export function facetsUnchanged({ facets, tradeVersion }: FacetsWrite): Condition | undefined {
  if (tradeVersion === undefined && STEPS.every((step) => facets[step] === undefined)) return undefined;
  return ({ name, value }) => {
    const parts: string[] = [];
    for (const step of STEPS) {
      const facet = facets[step];
      if (facet === undefined) continue;
      const rev = name(revOf(step));
      parts.push(facet.rev === 0 ? `attribute_not_exists(${rev})` : `${rev} = ${value(facet.rev)}`);
    }
    if (tradeVersion !== undefined) {
      parts.push(`${name('tradeModifiedAt')} = ${value(tradeVersion.modifiedAt)}`);
      parts.push(`${name('hash')} = ${value(tradeVersion.hash)}`);
    }
    return parts.join(' AND ');
  };
}

/** True for a write that may hold personal values: only the car order of a trade names its buyer. */
export function bringsPerson({ facets, phoneIndex }: FacetsWrite): boolean {
  return phoneIndex !== undefined || (facets.car !== undefined && facets.car.value !== null);
}

/** The same write for an erased order. */
export function withoutPerson({ phoneIndex: _phoneIndex, ...write }: FacetsWrite): FacetsWrite {
  return { ...write, facets: withoutSealed(write.facets) };
}

/** @param expiresAt second of expiry of an order that this write creates; undefined: never */
export function facetChanges(write: FacetsWrite, expiresAt?: number): Changes {
  const set: Record<string, unknown> = { shop: write.shop };
  for (const step of STEPS) {
    const facet = write.facets[step];
    if (facet !== undefined) {
      set[step] = facet.value;
      set[revOf(step)] = facet.rev + 1;
    }
    const gap = write.gaps?.[step];
    if (gap !== undefined) set[gapOf(step)] = gap ?? undefined;
  }
  if (write.phoneIndex !== undefined) set['phoneIndex'] = write.phoneIndex;
  return {
    set,
    setOnce: { firstSeenAt: write.firstSeenAt, [EXPIRES_AT]: expiresAt },
    add: { rev: 1 },
    take: { owes: new Set(write.paid ?? []) },
  };
}

/** True when nothing is left to write: every effect of `write` is in the stored order. */
export function holdsFacets(item: Item | undefined, write: FacetsWrite): boolean {
  if (item === undefined) return false;
  const stored: OrderRecord = toOrder(item);
  const { tradeVersion, phoneIndex } = write;
  return (
    STEPS.every((step) => {
      const facet = write.facets[step];
      const written = stored[revOf(step)] === (facet?.rev ?? 0) + 1 && isStoredAs(stored[step], facet?.value);
      return facet === undefined || written;
    }) &&
    STEPS.every((step) => {
      const gap = write.gaps?.[step];
      return gap === undefined || stored.gaps[step] === (gap ?? undefined);
    }) &&
    !write.paid?.some((step) => stored.owes.includes(step)) &&
    (phoneIndex === undefined || stored.phoneIndex === phoneIndex) &&
    (tradeVersion === undefined ||
      (stored.tradeModifiedAt === tradeVersion.modifiedAt && stored.hash === tradeVersion.hash))
  );
}
