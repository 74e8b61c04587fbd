import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createAdOrdersTable } from '../../lib/store/adOrdersTable.ts';
import { createBudgetsTable } from '../../lib/store/budgetsTable.ts';
import { createDuesTable } from '../../lib/store/duesTable.ts';
import { createItemsTable } from '../../lib/store/itemsTable.ts';
import { createKeysTable } from '../../lib/store/keysTable.ts';
import { createLeadsTable } from '../../lib/store/leadsTable.ts';
import { createOrdersTable } from '../../lib/store/ordersTable.ts';
import { createQuarantineTable } from '../../lib/store/quarantineTable.ts';
import { createShopsTable } from '../../lib/store/shopsTable.ts';
import { createStreamsTable } from '../../lib/store/streamsTable.ts';
import type { Wiring } from './template.ts';

/** All tables, for those who look at the whole: the summary and the CLI. */
export function createStores(
  dynamoDb: DynamoDBClient,
  { service, stage }: Pick<Wiring, 'service' | 'stage'>,
) {
  const table = (noun: string): string => `${service}-${stage}-${noun}`;
  return {
    orders: createOrdersTable(dynamoDb, table('orders')),
    leads: createLeadsTable(dynamoDb, table('leads')),
    adOrders: createAdOrdersTable(dynamoDb, table('ad-orders')),
    items: createItemsTable(dynamoDb, table('items')),
    streams: createStreamsTable(dynamoDb, table('streams')),
    dues: createDuesTable(dynamoDb, table('dues')),
    shops: createShopsTable(dynamoDb, table('shops')),
    budgets: createBudgetsTable(dynamoDb, table('budgets')),
    quarantine: createQuarantineTable(dynamoDb, table('quarantine')),
    keys: createKeysTable(dynamoDb, table('keys')),
  };
}

export type Stores = ReturnType<typeof createStores>;
