import { type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import type { AdLine } from '../../../lib/domain/adLine.ts';
import type { LeadRecord } from '../../../lib/domain/leadRecord.ts';
import type { OrderRecord } from '../../../lib/domain/order.ts';
import { DUE_REASONS, type Due } from '../../../lib/store/dueRow.ts';
import type { Stores } from '../stores.ts';
import type { Wiring } from '../template.ts';

export type StoredStory = {
  readonly order: OrderRecord;
  readonly lead: LeadRecord | undefined;
  readonly lines: readonly AdLine[];
  readonly dues: readonly Due[];
};

export type StoryTables = {
  readonly stores: Pick<Stores, 'orders' | 'leads' | 'adOrders'>;
  readonly dynamoDb: DynamoDBClient;
  readonly wiring: Pick<Wiring, 'service' | 'stage'>;
};

/** Everything stored about an order, as stored; undefined when there is no such order. */
export async function readStory(orderId: string, tables: StoryTables): Promise<StoredStory | undefined> {
  const { stores } = tables;
  const order = await stores.orders.read(orderId);
  if (order === undefined) return undefined;
  const leadId = order.lead?.leadId;
  const [lead, lines, dues] = await Promise.all([
    leadId === undefined ? undefined : stores.leads.read(leadId),
    stores.adOrders.linesOf(orderId),
    duesOf(order, tables),
  ]);
  return { order, lead, lines, dues };
}

async function duesOf({ orderId, shop }: OrderRecord, { dynamoDb, wiring }: StoryTables): Promise<Due[]> {
  const { Items = [] } = await dynamoDb.send(
    new QueryCommand({
      TableName: `${wiring.service}-${wiring.stage}-dues`,
      KeyConditionExpression: 'orderId = :orderId',
      ExpressionAttributeValues: { ':orderId': { S: orderId } },
    }),
  );
  return Items.flatMap((item) => {
    const reason = DUE_REASONS.find((known) => known === item['reason']?.S);
    const dueAt = item['dueAt']?.S;
    if (reason === undefined || dueAt === undefined) return [];
    return [{ orderId, shop, reason, dueAt, attempts: Number(item['attempts']?.N ?? 0) }];
  });
}
