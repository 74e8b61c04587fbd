import type { SealedRecord } from '../domain/personal.ts';
import type { AdOrdersTable } from '../store/adOrdersTable.ts';
import type { DuesTable } from '../store/duesTable.ts';
import type { HaltGate as StoredHaltGate } from '../store/halts.ts';
import type { ItemsTable } from '../store/itemsTable.ts';
import type { LeadsTable } from '../store/leadsTable.ts';
import type { OrdersTable } from '../store/ordersTable.ts';
import type { QuarantineTable } from '../store/quarantineTable.ts';

/* What the flows of enrichment need of tables, sealing, configuration and the invocation. */

export type OrdersStore = Pick<OrdersTable, 'read' | 'writeTrade' | 'writeFacets'>;
export type LeadsStore = Pick<
  LeadsTable,
  'read' | 'writeLead' | 'writeSummaries' | 'link' | 'byPhone' | 'erase'
>;
export type AdOrdersStore = Pick<AdOrdersTable, 'writeLine' | 'linesOf' | 'erase'>;
export type ItemsStore = Pick<ItemsTable, 'readMany' | 'write'>;
export type DuesStore = Pick<DuesTable, 'put'>;
export type QuarantineStore = Pick<QuarantineTable, 'park' | 'resolve'>;
export type HaltGate = Pick<StoredHaltGate, 'run'>;

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

/** The invocation's limits; `RunContext` of lib/lambda fits. */
export type RunLimits = {
  /** Epoch ms. */
  readonly deadline: number;
  readonly signal: AbortSignal;
};
