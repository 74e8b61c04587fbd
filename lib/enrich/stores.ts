import type { CarferryError } from '../core/errors.ts';
import type { AdLine } from '../domain/adLine.ts';
import type { ItemSummary } from '../domain/itemFacet.ts';
import type { Step } from '../domain/order.ts';
import type { SealedRecord } from '../domain/personal.ts';
import type { LeadsTable } from '../store/leadsTable.ts';
import type { OrdersTable } from '../store/ordersTable.ts';

/*
 * What the flows of enrichment need of the tables and of sealing; `lib/store` and `lib/privacy` fit. Every
 * write answers `stale` instead of throwing for a lost race.
 */

export type OrdersStore = Pick<OrdersTable, 'read' | 'writeTrade' | 'writeFacets'>;
export type LeadsStore = Pick<LeadsTable, 'read' | 'writeLead' | 'writeSummaries' | 'link' | 'byPhone'>;

export type AdOrdersStore = {
  writeLine(line: AdLine): Promise<'written' | 'stale'>;
  /** Consistent. */
  linesOf(orderId: string): Promise<AdLine[]>;
};

export type ItemsStore = {
  readMany(itemIds: string[]): Promise<Map<string, ItemSummary>>;
  write(item: ItemSummary): Promise<unknown>;
};

export type Due = {
  readonly orderId: string;
  readonly reason: 'leadCheck' | 'owed' | 'carCheck' | 'openOrder';
  /** ISO 8601, `+08:00`. */
  readonly dueAt: string;
  readonly shop: string;
  readonly attempts: number;
  readonly steps?: Step[];
};

export type DuesStore = { put(due: Due): Promise<unknown> };

/** Puts what one call brought to light into quarantine, and takes it out again once it works. */
export type FailureStore = {
  park(failure: {
    readonly quarantineId: string;
    readonly source: string;
    readonly shop: string;
    readonly orderId: string;
    readonly error: CarferryError;
  }): Promise<unknown>;
  resolve(quarantineId: string): Promise<unknown>;
};

/** Skips calls of a halted (shop, method, session) and remembers new halts. */
export type HaltGate = {
  run<T>(
    shop: { readonly sellerNick: string; readonly session: string },
    method: string,
    call: () => Promise<T>,
  ): Promise<T>;
};

/** Replaces every `Clear` by a `Sealed`, under the key of the entity. */
export type Seal = <T>(
  record: T,
  entity: { readonly kind: 'order' | 'lead' | 'quarantine'; readonly id: string; readonly facet?: string },
) => Promise<SealedRecord<T>>;

/** A configured seller. */
export type EnrichShop = {
  readonly sellerNick: string;
  readonly session: string;
  /** Category ids of cars; absent: every order may be one. */
  readonly carCids?: readonly string[] | undefined;
};

/** The invocation's limits; see `RunContext` of lib/lambda. */
export type RunLimits = { readonly deadline: number; readonly signal: AbortSignal };
