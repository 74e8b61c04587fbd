import * as z from 'zod';
import { type AdLine, adLineSchema } from './adLine.ts';
import { exportRecord, exportSchema, type Reveal } from './exportForm.ts';
import { type LeadRecord, leadRecordSchema } from './leadRecord.ts';
import { type OrderRecord, orderFacetSchemas, STEPS, stepSchema } from './order.ts';
import { at, atField, idField, text } from './scalars.ts';

/*
 * The documents of `carferry export` and `show`, one a line: every mapped field, sealed ones masked, without
 * carferry's own versions and hashes. Their JSON Schemas stand in docs/schema/, written by `npm run schemas`.
 */

/** One exported document; its schema says what is in it. */
export type ExportedDocument = Record<string, unknown>;

const storedOrder = z.strictObject({
  orderId: idField,
  shop: z.string(),
  createdAt: at,
  status: text,
  firstSeenAt: atField,
  /** When its person was erased. */
  erasedAt: at,
  /** Keyed blind index of the buyer's phone, equal for equal phones. */
  phoneIndex: text,
  tradeObservedAt: at,
  ...orderFacetSchemas,
  owes: z.array(stepSchema),
  gaps: z.partialRecord(stepSchema, z.string()),
});

export const orderDocument = exportSchema(storedOrder).meta({
  title: 'carferry order',
  description: 'One order with its facets. Amounts are fen, times ISO 8601 +08:00, personal fields masked.',
});

export const leadDocument = exportSchema(leadRecordSchema.unwrap().omit({ hash: true, orderRev: true })).meta(
  {
    title: 'carferry lead',
    description: 'One lead with summaries of its order, item and attribution; personal fields masked.',
  },
);

export const adOrderDocument = exportSchema(adLineSchema.unwrap().omit({ hash: true })).meta({
  title: 'carferry ad order line',
  description: 'One ad-attributed order line at one status after one click. Amounts are fen.',
});

/** An order for people and programs; `car: null` says "not a car order", `lead: null` "no lead so far". */
export function toOrderDocument(order: OrderRecord, reveal?: Reveal): ExportedDocument {
  const { orderId, shop, createdAt, status, firstSeenAt, erasedAt, phoneIndex, tradeObservedAt, gaps } =
    order;
  const { trade, car, items, attribution, lead } = order;
  const owes = STEPS.filter((step) => order.owes.includes(step));
  const head = { orderId, shop, createdAt, status, firstSeenAt, erasedAt, phoneIndex, tradeObservedAt };
  return exportRecord({ ...head, trade, car, items, attribution, lead, owes, gaps }, reveal);
}

/** A lead for people and programs. */
export function toLeadDocument(lead: LeadRecord, reveal?: Reveal): ExportedDocument {
  const { hash: _hash, orderRev: _orderRev, sameAs, ...rest } = lead;
  return exportRecord({ ...rest, sameAs: sameAs === undefined ? undefined : [...sameAs].sort() }, reveal);
}

/** An ad order line for people and programs. */
export function toAdOrderDocument(line: AdLine, reveal?: Reveal): ExportedDocument {
  const { hash: _hash, ...rest } = line;
  return exportRecord(rest, reveal);
}
