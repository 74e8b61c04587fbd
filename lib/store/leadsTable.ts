import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { LeadRecord } from '../domain/leadRecord.ts';
import { fromItem, type Item } from './items.ts';
import { type Condition, createTableCommands } from './tableCommands.ts';
import { holdsObservation, isNewerObservation, isSameButEarlier, observedEarlier } from './versions.ts';
import { writeGreatest } from './writeGreatest.ts';

/** What a lead learns from its order; each is replaced whole, absent ones are removed. */
export type LeadSummaries = Pick<LeadRecord, 'order' | 'item' | 'attribution'> & {
  /** Rev of the order that the summaries were made from. */
  readonly orderRev: number;
};

/** A lead of a phone, as the index knows it. */
export type LeadOfPhone = {
  readonly leadId: string;
  readonly createdAt: string;
  readonly source: LeadRecord['source'];
  readonly seriesName?: string | undefined;
};

const leadExists: Condition = ({ name }) => `attribute_exists(${name('leadId')})`;

function toLead(item: Item): LeadRecord {
  const { lead, sameAs, order, item: car, attribution, orderRev, leadId } = fromItem(item);
  return {
    ...lead,
    leadId,
    ...(sameAs !== undefined && { sameAs: [...sameAs].sort() }),
    ...(order !== undefined && { order }),
    ...(car !== undefined && { item: car }),
    ...(attribution !== undefined && { attribution }),
    ...(orderRev !== undefined && { orderRev }),
  };
}

/**
 * Table `leads`: one item per lead. What was received stands in one attribute `lead`, replaced whole; what
 * the indexes need stands beside it, and so do the summaries, which come later and live on their own.
 */
export function createLeadsTable(client: DynamoDBClient, tableName: string) {
  const commands = createTableCommands(client, tableName);
  const byLeadId = (leadId: string) => ({ leadId });

  return {
    /** The lead as last written (consistent). */
    async read(leadId: string): Promise<LeadRecord | undefined> {
      const item = await commands.read(byLeadId(leadId));
      return item && toLead(item);
    },

    /**
     * Stores a lead iff it is absent, or observed earlier with another hash. Summaries and links stay as
     * they are; those of `lead` are ignored.
     */
    async writeLead(lead: LeadRecord): Promise<'written' | 'stale'> {
      const { sameAs: _s, order: _o, item: _i, attribution: _a, orderRev: _r, ...received } = lead;
      const key = byLeadId(lead.leadId);
      const isOurs = (stored: Item | undefined) => holdsObservation(stored, lead);
      const set = {
        lead: received,
        shop: lead.shop,
        source: lead.source,
        orderId: lead.orderId,
        phoneIndex: lead.phoneIndex,
        seriesName: lead.seriesName,
        shopDay: `${lead.shop}#${lead.createdAt.slice(0, 10)}`,
        createdAtLeadId: `${lead.createdAt}#${lead.leadId}`,
        observedAt: lead.observedAt,
        hash: lead.hash,
      };
      const result = await writeGreatest(tableName, {
        write: () =>
          commands.update({ key, condition: isNewerObservation(lead, 'leadId'), isOurs, changes: { set } }),
        sawEarlier: (stored) => observedEarlier(stored, lead),
        // It moves as a whole, which heals a row that was altered under its hash; the summaries are made anew.
        move: () =>
          commands.update({
            key,
            condition: isSameButEarlier(lead),
            isOurs,
            changes: { set: { ...set, orderRev: undefined } },
          }),
      });
      return result.outcome;
    },

    /** Replaces the summaries of a stored lead iff they come from a newer rev of its order. */
    async writeSummaries(leadId: string, summaries: LeadSummaries): Promise<'written' | 'stale'> {
      const { orderRev, order, item, attribution } = summaries;
      const result = await commands.update({
        key: byLeadId(leadId),
        condition: (placeholders) => {
          const { name, value } = placeholders;
          const rev = name('orderRev');
          return `${leadExists(placeholders)} AND (attribute_not_exists(${rev}) OR ${rev} < ${value(orderRev)})`;
        },
        // Equal revs of one order give equal summaries.
        isOurs: (stored) => stored?.['orderRev']?.N === String(orderRev),
        changes: { set: { orderRev, order, item, attribution } },
      });
      return result.outcome;
    },

    /** Notes that `otherId` is the same person's lead for the same series; `stale` when the lead is gone. */
    async link(leadId: string, otherId: string): Promise<'written' | 'stale'> {
      const result = await commands.update({
        key: byLeadId(leadId),
        condition: leadExists,
        isOurs: (stored) => stored?.['sameAs']?.SS?.includes(otherId) === true,
        changes: { add: { sameAs: new Set([otherId]) } },
      });
      return result.outcome;
    },

    /** Leads with this blind index created in `[from, to]`; from an index, so a moment behind. */
    async byPhone(phoneIndex: string, fromIso: string, toIso: string): Promise<LeadOfPhone[]> {
      const found: LeadOfPhone[] = [];
      const items = commands.query({
        IndexName: 'byPhone',
        KeyConditionExpression: 'phoneIndex = :phone AND createdAtLeadId BETWEEN :from AND :to',
        // `$` sorts right after `#`, so a lead created at the very end is still inside.
        ExpressionAttributeValues: {
          ':phone': { S: phoneIndex },
          ':from': { S: fromIso },
          ':to': { S: `${toIso}$` },
        },
      });
      for await (const item of items) {
        const { leadId, createdAtLeadId, source, seriesName } = fromItem(item);
        const createdAt = String(createdAtLeadId).split('#')[0] ?? '';
        found.push({ leadId, createdAt, source, seriesName });
      }
      return found;
    },

    /** Every lead, in no order. */
    async *scan(): AsyncGenerator<LeadRecord> {
      for await (const item of commands.scan()) yield toLead(item);
    },
  };
}

export type LeadsTable = ReturnType<typeof createLeadsTable>;
