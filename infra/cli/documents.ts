import { CarferryError } from '../../lib/core/errors.ts';
import type { AdLine } from '../../lib/domain/adLine.ts';
import {
  type ExportedDocument,
  toAdOrderDocument,
  toLeadDocument,
  toOrderDocument,
} from '../../lib/domain/exportDocuments.ts';
import type { Reveal } from '../../lib/domain/exportForm.ts';
import type { LeadRecord } from '../../lib/domain/leadRecord.ts';
import type { OrderRecord } from '../../lib/domain/order.ts';
import type { KeyProvider } from '../../lib/privacy/keyProvider.ts';
import { createReveal } from '../../lib/privacy/reveal.ts';
import type { OpenData } from './openData.ts';

export const EXPORTS = ['orders', 'leads', 'ad-orders'] as const;
export type ExportName = (typeof EXPORTS)[number];

/** Turns stored records into documents; with keys, sealed values are opened. */
export function createDocuments(keys: KeyProvider | undefined) {
  const reveal = (record: object, kind: 'order' | 'lead', id: string): Promise<Reveal | undefined> =>
    keys === undefined ? Promise.resolve(undefined) : createReveal(record, { kind, id }, keys);
  return {
    order: async (order: OrderRecord) => toOrderDocument(order, await reveal(order, 'order', order.orderId)),
    lead: async (lead: LeadRecord) => toLeadDocument(lead, await reveal(lead, 'lead', lead.leadId)),
    adOrder: async (line: AdLine) => toAdOrderDocument(line, await reveal(line, 'order', line.orderId)),
  };
}

/** Every document of one kind, in the tables' order. */
export async function* documentsOf(
  name: ExportName,
  { stores }: OpenData,
  keys: KeyProvider | undefined,
): AsyncGenerator<ExportedDocument> {
  const documents = createDocuments(keys);
  switch (name) {
    case 'orders':
      for await (const order of stores.orders.scan()) yield await documents.order(order);
      return;
    case 'leads':
      for await (const lead of stores.leads.scan()) yield await documents.lead(lead);
      return;
    case 'ad-orders':
      for await (const line of stores.adOrders.scan()) yield await documents.adOrder(line);
  }
}

/** An order with its lead and ad lines. */
export async function orderWithCompany(
  orderId: string,
  { stores }: OpenData,
  keys: KeyProvider | undefined,
): Promise<ExportedDocument> {
  const order = await stores.orders.read(orderId);
  if (order === undefined) {
    throw new CarferryError({
      disposition: 'skip',
      reason: 'not-found',
      message: `there is no order ${orderId}`,
    });
  }
  const documents = createDocuments(keys);
  const lead = order.lead?.leadId === undefined ? undefined : await stores.leads.read(order.lead.leadId);
  const lines = await stores.adOrders.linesOf(orderId);
  return {
    order: await documents.order(order),
    ...(lead === undefined ? {} : { lead: await documents.lead(lead) }),
    adOrders: await Promise.all(lines.map(documents.adOrder)),
  };
}
