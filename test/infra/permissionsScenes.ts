import { DeleteItemCommand, ScanCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { QueueMessage, QueueMessageOf } from '../../lib/domain/queueMessage.ts';
import { hopsAttribute } from '../../lib/queue/hops.ts';
import { parkedId } from '../../lib/queue/subjectOf.ts';
import { METHODS } from '../flow/quirkRun.ts';
import { sqsEvent } from '../lambda/sqsEvent.ts';
import { call, control } from './local/simulator/simulatorClient.ts';
import type { PermissionsStage } from './permissionsStage.ts';

/* What can happen to a stage, one after the other, so that its functions use everything they may need. */

const BROKEN = [
  { method: METHODS.trades, field: 'created', everyRows: 4 },
  { method: METHODS.ads, field: 'pay_fee', everyRows: 4 },
  { method: METHODS.car, field: 'actual_paid_fee', everyRows: 4 },
  { method: METHODS.lead, field: 'order_id', everyRows: 4 },
];
/** Consumers and the name that their queue has in quarantine. */
const CONSUMERS = [
  ['enrichOrders', 'orders'],
  ['storeAdOrders', 'adOrders'],
  ['enrichLeads', 'leads'],
] as const;
const KEYS = {
  orders: ['orderId'],
  'ad-orders': ['orderId', 'line'],
  leads: ['leadId'],
  quarantine: ['quarantineId'],
} as const;
const DAY_MS = 86_400_000;

export async function playScenes(stage: PermissionsStage): Promise<void> {
  const { system, quirks, simulator, gate } = stage;
  const { invoke, stores } = system;
  const now = (): string => new Date().toISOString();

  // Sessions that were renewed, rows that cannot be read, messages that nobody sent.
  await haltEarlierSessions(stage);
  await quirks({ brokenRow: BROKEN });
  for (const queue of ['orders', 'ad-orders', 'leads']) await stage.send(queue, 'no message of ours');
  const first = await stage.once();

  // Everything is past its time, and windows were left open.
  await expire(stage, 'orders', 'ad-orders', 'leads', 'quarantine');
  const to = new Date(Date.parse(first.from) + 3_600_000).toISOString();
  for (const { stream } of first.streams) {
    await stores.streams.openWindow({ stream, from: first.from, to, attempts: 5, reason: 'total-moved' });
  }
  await stage.once();

  // All rows can be read again; a sweep of streams from before they had names.
  await quirks({});
  await stage.once();
  for (const name of ['pullTrades', 'pullAdOrders']) {
    await forgetNames(stage);
    await invoke(name, { lane: 'quarter', fresh: true, until: now() });
  }
  await Promise.all(
    stage.shops.map(({ sellerNick: shop }) =>
      invoke('pullTrades', { lane: 'reconcile', shop, day: first.to.slice(0, 10) }),
    ),
  );
  await stage.push(3);

  // Messages of the platform: about rows that cannot be read, about parked ones that can, and while TOP denies them.
  const { anchorAt } = simulator.info;
  await control(simulator, 'freeze', { at: anchorAt - 8 * DAY_MS });
  for (const { session } of stage.shops) await call(simulator, 'taobao.tmc.user.permit', { session });
  await control(simulator, 'freeze', { at: anchorAt - 4 * DAY_MS });
  await haltEarlierSessions(stage);
  await quirks({ brokenRow: [{ method: METHODS.trades, field: 'created', everyRows: 1 }] });
  await invoke('pullMessages', {});
  await quirks({});
  for await (const { orderId, shop } of stores.orders.scan()) {
    const quarantineId = `${METHODS.trades}#${orderId}`;
    await stores.quarantine.park({
      quarantineId,
      source: METHODS.trades,
      reason: 'invented',
      shop,
      seenAt: now(),
    });
  }
  await control(simulator, 'freeze', { at: anchorAt - 2 * DAY_MS });
  await invoke('pullMessages', {});
  gate.deny(METHODS.trades);
  await control(simulator, 'freeze', { at: null });
  await invoke('pullMessages', {});
  gate.deny();

  // Deliveries of what was parked, of what fails, and of what TOP tells of orders that expire.
  for (const [name, source] of CONSUMERS) {
    const [message] = stage.delivered(name);
    if (message === undefined) throw new Error(`${name} was given nothing`);
    await stores.quarantine.park({
      quarantineId: parkedId(source, message),
      source,
      reason: 'invented',
      seenAt: now(),
    });
    await invoke(name, sentAgain(message));
    await stage.withoutAws(name, () => invoke(name, sqsEvent([message])));
  }
  const lead = latest(stage, 'enrichLeads', 'lead', ({ lead: { source } }) => source === 'pulled');
  await expire(stage, 'orders', 'leads');
  await invoke('enrichLeads', sqsEvent([lead]));
  const { orderId = '', shop } = lead.lead;
  await expire(stage, 'leads');
  await invoke('enrichOrders', sqsEvent([due(shop, orderId)]));

  // An ad line of an order whose lead has expired, then of one that was erased.
  const line = { ...latest(stage, 'storeAdOrders', 'adLine', () => true).line, orderId, shop };
  const { phoneSealed: sealed } = lead.lead;
  await invoke('enrichLeads', sqsEvent([lead]));
  await expire(stage, 'leads', 'ad-orders');
  await invoke('storeAdOrders', sqsEvent([{ v: 1, kind: 'adLine', shop, line }]));
  await stores.orders.erase(orderId, now());
  const unknown = { ...line, line: `${line.line}#2`, extra: { unknown: sealed } };
  await invoke('storeAdOrders', sqsEvent([{ v: 1, kind: 'adLine', shop, line: unknown }]));

  // Dues, then every permission of the app is gone.
  const [order] = stage.delivered('enrichOrders');
  if (order === undefined || !('orderId' in order)) throw new Error('no order');
  const late = { orderId: order.orderId, shop: order.shop, dueAt: first.from, attempts: 0 };
  await stores.dues.put({ ...late, reason: 'owed', steps: ['car'] });
  await invoke('enqueueDues', {});
  gate.deny(...Object.values(METHODS));
  await stores.dues.put({ ...late, reason: 'leadCheck' });
  await invoke('enrichOrders', sqsEvent([due(order.shop, order.orderId)]));
  await invoke('pullLeads', {});
  for (const name of ['pullTrades', 'pullAdOrders']) {
    await invoke(name, { lane: 'quarter', fresh: true, until: now() });
  }
}

/** A halt by the session before, for every method and shop; `*` is the app itself. */
async function haltEarlierSessions({ shops, system }: PermissionsStage): Promise<void> {
  const since = new Date().toISOString();
  const rest = { sessionHash: 'before', reason: 'session-expired', since };
  for (const shop of ['*', ...shops.map(({ sellerNick }) => sellerNick)]) {
    for (const method of Object.values(METHODS)) await system.stores.shops.halt({ shop, method, ...rest });
  }
}

/** Everything in these tables is past the time it is kept, but DynamoDB has not deleted it yet. */
async function expire({ system }: PermissionsStage, ...nouns: (keyof typeof KEYS)[]): Promise<void> {
  for (const noun of nouns) {
    const TableName = `carferry-local-${noun}`;
    const { Items = [] } = await system.dynamoDb.send(new ScanCommand({ TableName }));
    for (const item of Items) {
      const Key = Object.fromEntries(KEYS[noun].map((name) => [name, item[name] ?? { NULL: true }]));
      await system.dynamoDb.send(
        new UpdateItemCommand({
          TableName,
          Key,
          UpdateExpression: 'SET expiresAtSeconds = :past',
          ExpressionAttributeValues: { ':past': { N: '1' } },
        }),
      );
    }
  }
}

async function forgetNames({ system: { dynamoDb } }: PermissionsStage): Promise<void> {
  const TableName = 'carferry-local-streams';
  const { Items = [] } = await dynamoDb.send(new ScanCommand({ TableName }));
  for (const { stream, row } of Items) {
    if (stream?.S !== 'streams' || row === undefined) continue;
    await dynamoDb.send(new DeleteItemCommand({ TableName, Key: { stream, row } }));
  }
}

function latest<Kind extends QueueMessage['kind']>(
  stage: PermissionsStage,
  name: string,
  kind: Kind,
  isWanted: (message: QueueMessageOf<Kind>) => boolean,
): QueueMessageOf<Kind> {
  const isOfKind = (message: QueueMessage): message is QueueMessageOf<Kind> => message.kind === kind;
  const found = stage.delivered(name).filter(isOfKind).find(isWanted);
  if (found === undefined) throw new Error(`${name} was given no ${kind}`);
  return found;
}

function due(shop: string, orderId: string): QueueMessage {
  return { v: 1, kind: 'due', shop, orderId, reason: 'owed', steps: ['car', 'lead'] };
}

/** As `carferry quarantine redrive` sends it. */
function sentAgain(message: QueueMessage) {
  const event = sqsEvent([message]);
  const { hops } = hopsAttribute(1);
  const attribute = { dataType: 'Number', stringValue: hops?.StringValue ?? '1' };
  return { Records: event.Records.map((record) => ({ ...record, messageAttributes: { hops: attribute } })) };
}
