import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { LeadRecord } from '../domain/leadRecord.ts';
import { withoutSealed } from '../domain/withoutSealed.ts';
import { ERASED_AT, type Erasure, eraseItem, isErasedItem, unlessErased } from './erasure.ts';
import { fromItem, type Item } from './items.ts';
import { EXPIRES_AT, expiryAfter, type Retention } from './retention.ts';
import { type Condition, collect, createTableCommands, type WriteResult } from './tableCommands.ts';
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
  const { lead, sameAs, order, item: car, attribution, orderRev, leadId, erasedAt } = fromItem(item);
  return {
    ...lead,
    leadId,
    ...(erasedAt !== undefined && { erasedAt }),
    ...(sameAs !== undefined && { sameAs: [...sameAs].sort() }),
    ...(order !== undefined && { order }),
    ...(car !== undefined && { item: car }),
    ...(attribution !== undefined && { attribution }),
    ...(orderRev !== undefined && { orderRev }),
  };
}

/** What came with the lead itself; links, summaries and the tombstone are written by others. */
function received(lead: LeadRecord) {
  const { sameAs: _s, order: _o, item: _i, attribution: _a, orderRev: _r, erasedAt: _e, ...own } = lead;
  return own;
}

function withoutPerson({ phoneIndex: _phoneIndex, ...lead }: LeadRecord): LeadRecord {
  return withoutSealed(lead);
}

const leadErasure: Erasure = {
  // Every version of a lead states its own time.
  version: 'observedAt',
  changes: (item) => {
    const { phoneIndex: _phoneIndex, ...lead } = fromItem(item)['lead'];
    return { set: { lead: withoutSealed(lead), phoneIndex: undefined, sameAs: undefined } };
  },
};

/**
 * Table `leads`: one item per lead. What was received stands in one attribute `lead`, replaced whole; what
 * the indexes need stands beside it, and so do the summaries, which come later and live on their own.
 */
export function createLeadsTable(client: DynamoDBClient, tableName: string, retention: Retention = {}) {
  const commands = createTableCommands(client, tableName, retention);
  const byLeadId = (leadId: string) => ({ leadId });

  /** `erased`: the lead holds nothing personal, so a tombstone does not matter. */
  function writeVersion(lead: LeadRecord, erased = false): Promise<WriteResult> {
    const key = byLeadId(lead.leadId);
    const isOurs = (stored: Item | undefined) => holdsObservation(stored, lead);
    const set = {
      lead: received(lead),
      shop: lead.shop,
      source: lead.source,
      orderId: lead.orderId,
      phoneIndex: lead.phoneIndex,
      seriesName: lead.seriesName,
      shopDay: `${lead.shop}#${lead.createdAt.slice(0, 10)}`,
      createdAtLeadId: `${lead.createdAt}#${lead.leadId}`,
      observedAt: lead.observedAt,
      hash: lead.hash,
      [EXPIRES_AT]: expiryAfter(lead.observedAt, retention),
    };
    const allowed = (condition: Condition) => (erased ? condition : unlessErased(condition));
    const isNewer = allowed(isNewerObservation(lead, 'leadId'));
    return writeGreatest(tableName, {
      write: () => commands.update({ key, condition: isNewer, isOurs, changes: { set } }),
      sawEarlier: (stored) => (erased || stored?.[ERASED_AT] === undefined) && observedEarlier(stored, lead),
      // It moves as a whole, which heals a row that was altered under its hash; the summaries are made anew.
      move: () =>
        commands.update({
          key,
          condition: allowed(isSameButEarlier(lead)),
          isOurs,
          changes: { set: { ...set, orderRev: undefined } },
        }),
    });
  }

  async function idsIn(IndexName: string, attribute: string, wanted: string): Promise<string[]> {
    const items = commands.query({
      IndexName,
      KeyConditionExpression: `${attribute} = :wanted`,
      ExpressionAttributeValues: { ':wanted': { S: wanted } },
    });
    return await collect(items, (item) => item['leadId']?.S ?? '');
  }

  return {
    /** The lead as last written (consistent). */
    async read(leadId: string): Promise<LeadRecord | undefined> {
      const item = await commands.read(byLeadId(leadId));
      return item && toLead(item);
    },

    /**
     * Stores a lead iff it is absent, or observed earlier with another hash. Summaries and links stay as
     * they are; those of `lead` are ignored. Of an erased lead everything but its person is stored.
     */
    async writeLead(lead: LeadRecord): Promise<'written' | 'stale'> {
      const result = await writeVersion(lead);
      if (!isErasedItem(result)) return result.outcome;
      return (await writeVersion(withoutPerson(lead), true)).outcome;
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

    /**
     * Takes every personal value, the blind index and the links out of a lead and marks it, for good. Repeatable.
     * @returns false when there is no such lead
     * @throws CarferryError `retry`, `store-contended`
     */
    async erase(leadId: string, erasedAt: string): Promise<boolean> {
      return (await eraseItem(tableName, commands, { leadId }, erasedAt, leadErasure)) !== undefined;
    },

    /** Notes that `otherId` is the same person's lead for the same series; `stale` when the lead is gone or erased. */
    async link(leadId: string, otherId: string): Promise<'written' | 'stale'> {
      const result = await commands.update({
        key: byLeadId(leadId),
        condition: unlessErased(leadExists),
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

    /** Replaces the received part and its blind index by `next`, iff the lead is the version that was read. */
    async reindex(seen: LeadRecord, next: LeadRecord): Promise<'written' | 'stale'> {
      const result = await commands.update({
        key: byLeadId(seen.leadId),
        condition: unlessErased(
          ({ name, value }) =>
            `${name('hash')} = ${value(seen.hash)} AND ${name('observedAt')} = ${value(seen.observedAt)}`,
        ),
        isOurs: (stored) => stored?.['phoneIndex']?.S === next.phoneIndex,
        changes: { set: { lead: received(next), phoneIndex: next.phoneIndex } },
      });
      return result.outcome;
    },

    /** Ids of all leads with this blind index; from an index, so a moment behind. */
    async idsByPhone(phoneIndex: string): Promise<string[]> {
      return await idsIn('byPhone', 'phoneIndex', phoneIndex);
    },

    /** Ids of all leads of an order; from an index, so a moment behind. */
    async idsOfOrder(orderId: string): Promise<string[]> {
      return await idsIn('byOrder', 'orderId', orderId);
    },

    /** Every lead, in no order. */
    async *scan(): AsyncGenerator<LeadRecord> {
      for await (const item of commands.scan()) yield toLead(item);
    },
  };
}

export type LeadsTable = ReturnType<typeof createLeadsTable>;
