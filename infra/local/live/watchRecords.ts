import { type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { onRecord, type RecordEvent } from '../../../lib/core/telemetry.ts';
import type { Wiring } from '../template.ts';
import { createKeysSeen, type KeysSeen } from './keysSeen.ts';

const TABLES = { orders: 'orders', leads: 'leads', adOrders: 'ad-orders', items: 'items' } as const;
type TableName = keyof typeof TABLES;
const NAMES = ['orders', 'leads', 'adOrders', 'items'] as const satisfies TableName[];
const MOST_RECENT = 12;

export type RecordWatch = {
  tables(): Record<TableName, number>;
  /** Messages finished by this process. */
  handled(): number;
  leadChecks(): { found: number; none: number };
  recent(): { orderId: string; shop: string; atMs: number }[];
  stop(): void;
};

/** Counts what the consumers of this process finish; the tables' rows are counted from the same events. */
export function watchRecords(now: () => number, onOrder: () => void): RecordWatch & { known: Known } {
  const known: Known = {
    orders: createKeysSeen(),
    leads: createKeysSeen(),
    adOrders: createKeysSeen(),
    items: createKeysSeen(),
  };
  const checks = { found: 0, none: 0 };
  const recent = new Map<string, { shop: string; atMs: number }>();
  let handled = 0;

  function noteOrder(orderId: string, shop: string): void {
    known.orders.add(orderId);
    recent.delete(orderId);
    recent.set(orderId, { shop, atMs: now() });
    const [oldest] = recent.keys();
    if (recent.size > MOST_RECENT && oldest !== undefined) recent.delete(oldest);
  }

  const stop = onRecord(({ kind, shop, orderId, leadId, line = '', itemIds = [] }: RecordEvent) => {
    handled += 1;
    if (kind === 'adLine') {
      known.adOrders.add(orderId ?? '', line);
      return;
    }
    if (orderId !== undefined) noteOrder(orderId, shop);
    if (kind === 'trade') onOrder();
    if (kind === 'lead') checks.found += 1;
    if (kind === 'noLead') checks.none += 1;
    if (leadId !== undefined) known.leads.add(leadId);
    for (const itemId of itemIds) known.items.add(itemId);
  });
  return {
    known,
    tables: () => ({
      orders: known.orders.count(),
      leads: known.leads.count(),
      adOrders: known.adOrders.count(),
      items: known.items.count(),
    }),
    handled: () => handled,
    leadChecks: () => ({ ...checks }),
    recent: () => [...recent].map(([orderId, entry]) => ({ orderId, ...entry })).reverse(),
    stop,
  };
}

export type Known = Record<TableName, KeysSeen>;

/** Adds the keys that earlier runs have left; the only scan there is. */
export async function countStoredRows(
  known: Known,
  { dynamoDb, wiring }: { dynamoDb: DynamoDBClient; wiring: Wiring },
): Promise<void> {
  for (const name of NAMES) {
    const tableName = `${wiring.service}-${wiring.stage}-${TABLES[name]}`;
    const table = wiring.tables.find((candidate) => candidate.name === tableName);
    if (table === undefined) continue;
    const keys = (table.create.KeySchema ?? []).map(({ AttributeName = '' }) => AttributeName);
    const aliases = Object.fromEntries(keys.map((key, index) => [`#k${index}`, key]));
    const pages = paginateScan(
      { client: dynamoDb },
      {
        TableName: table.name,
        ProjectionExpression: Object.keys(aliases).join(', '),
        ExpressionAttributeNames: aliases,
      },
    );
    for await (const { Items = [] } of pages) {
      for (const item of Items) known[name].add(...keys.map((key) => item[key]?.S ?? item[key]?.N ?? ''));
    }
  }
}
