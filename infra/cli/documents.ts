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
import type { Stores } from '../local/stores.ts';
import type { Unsealing } from './unseal.ts';

export const EXPORTS = ['orders', 'leads', 'ad-orders'] as const;
export type ExportName = (typeof EXPORTS)[number];

/** What opens sealed values, with the note of who opened them. */
export type Opener = { readonly keys: KeyProvider; readonly unsealing: Unsealing };

/** A function that shows the personal values of one stored record; undefined without an opener: masks. */
export async function revealOf(
  record: object,
  { kind, id }: { kind: 'order' | 'lead' | 'quarantine'; id: string },
  opener: Opener | undefined,
): Promise<Reveal | undefined> {
  if (opener === undefined) return undefined;
  return opener.unsealing.counted(await createReveal(record, { kind, id }, opener.keys));
}

/** Turns stored records into documents; with an opener, sealed values are shown. */
export function createDocuments(opener: Opener | undefined) {
  const reveal = (record: object, kind: 'order' | 'lead', id: string) =>
    revealOf(record, { kind, id }, opener);
  return {
    order: async (order: OrderRecord) => toOrderDocument(order, await reveal(order, 'order', order.orderId)),
    lead: async (lead: LeadRecord) => toLeadDocument(lead, await reveal(lead, 'lead', lead.leadId)),
    adOrder: async (line: AdLine) => toAdOrderDocument(line, await reveal(line, 'order', line.orderId)),
  };
}

/** Every document of one kind, in the tables' order. */
export async function* documentsOf(
  name: ExportName,
  stores: Stores,
  opener: Opener | undefined,
): AsyncGenerator<ExportedDocument> {
  const documents = createDocuments(opener);
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
