import { PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { PurgeQueueCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { toIso } from '../../../lib/domain/chinaTime.ts';
import type { Item } from '../../../lib/store/items.ts';
import { EXPIRES_AT } from '../../../lib/store/retention.ts';
import { takeSnapshot } from '../snapshot.ts';
import { SHOPS } from '../world.ts';
import type { Scenario, Stage } from './stage.ts';

const STREAM = `trades#${SHOPS[0]}#live`;
const reportSchema = z.looseObject({
  result: z.looseObject({
    streams: z.array(z.looseObject({ stream: z.string(), state: z.string(), reason: z.string().optional() })),
  }),
});

const tableOf = ({ bench }: Stage, noun: string): string => `carferry-${bench.ground().stage}-${noun}`;

async function stateOf(stage: Stage): Promise<Item> {
  const { tables } = await takeSnapshot(stage.bench, 0);
  const rows = tables.get('streams') ?? [];
  return rows.find(({ stream, row }) => stream?.S === STREAM && row?.S === 'state') ?? {};
}

/**
 * C19: a state that cannot be trusted is refused with its reason and stays as it is; the other shop goes on; after a
 * person has repaired it, so does this one.
 */
function refused(spoil: (item: Item) => Item, reason: string): Scenario {
  return async (stage) => {
    const { bench, open, once, finish, hold, allow } = stage;
    // Spoilt and repaired by hand.
    allow(/live: watermark$/);
    await open('first.storeAdOrders');
    const right = await stateOf(stage);
    const TableName = tableOf(stage, 'streams');
    const spoilt = spoil(right);
    await bench.dynamoDb.send(new PutItemCommand({ TableName, Item: spoilt }));
    const { result } = reportSchema.parse(await once('first.pullTrades'));
    const own = result.streams.find(({ stream }) => stream === STREAM);
    hold(
      own?.state === 'failed' && own.reason === reason,
      `a spoilt state ended as ${own?.state} ${own?.reason}`,
    );
    hold(
      result.streams.some(({ state }) => state === 'caught-up'),
      'the other shop did not go on',
    );
    const kept = await stateOf(stage);
    for (const name of ['watermark', 'window', 'v']) {
      const isKept = JSON.stringify(kept[name]) === JSON.stringify(spoilt[name]);
      hold(isKept, `a refused state was changed: ${name}`);
    }
    await bench.dynamoDb.send(new PutItemCommand({ TableName, Item: { ...right, version: { N: '1000' } } }));
    await finish('first.pullTrades');
  };
}

export const stateFromFuture = refused(
  (item) => ({ ...item, watermark: { S: toIso(Date.now() + 86_400_000) } }),
  'watermark-in-future',
);
export const stateCorrupt = refused((item) => ({ ...item, window: { S: 'spoilt' } }), 'state-unreadable');
/** C43 as well: an older version of the program meets the state of a newer one. */
export const stateOfNewerVersion = refused((item) => ({ ...item, v: { N: '99' } }), 'state-foreign-version');

/** C43: a message of a newer version waits in quarantine, costs its neighbours nothing and can be read there. */
export const newerMessage: Scenario = async (stage) => {
  const { bench, open, finish, hold, allow } = stage;
  await open('first.enrichOrders');
  const QueueUrl = bench.ground().queueUrls.get(tableOf(stage, 'orders'));
  const MessageBody = JSON.stringify({ v: 2, kind: 'trade', shop: SHOPS[0], orderId: '1', novelty: true });
  await bench.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
  allow(/^parked: unreadable-message$/);
  await finish('first.enrichOrders');
  let parked = 0;
  for await (const { payloadSealed } of bench.ground().stores.quarantine.list()) {
    if (payloadSealed !== undefined) parked += 1;
  }
  hold(parked === 1, `${parked} messages in quarantine instead of the newer one`);
};

/** C44: an order whose time is over but which DynamoDB has not deleted yet is absent, and is written as a new one. */
export const expiredRows: Scenario = async (stage) => {
  const { bench, open, run, finish, hold, allow } = stage;
  await open('first.enrichOrders');
  await run('first.enrichOrders');
  const [trade] = bench.ground().trades;
  const orderId = trade?.orderId ?? '';
  await bench.dynamoDb.send(
    new UpdateItemCommand({
      TableName: tableOf(stage, 'orders'),
      Key: { orderId: { S: orderId } },
      UpdateExpression: 'SET #at = :past',
      ExpressionAttributeNames: { '#at': EXPIRES_AT },
      ExpressionAttributeValues: { ':past': { N: String(Math.floor(Date.now() / 1000) - 60) } },
    }),
  );
  // It begins anew, and so do its revisions.
  allow(new RegExp(`^order ${orderId}: `));
  hold((await bench.ground().stores.orders.read(orderId)) === undefined, 'an expired order is still read');
  await run('first.pullLeads', 'first.push1', 'first.push2', 'first.enrichLeads');
  await finish('later');
};

/** C45: the tables come back as they were before anything was stored, the queues are empty: sweeps bring it all. */
export const restoredTables: Scenario = async ({ bench, open, finish }) => {
  await open('first.storeAdOrders');
  for (const QueueUrl of bench.ground().queueUrls.values()) {
    await bench.sqs.send(new PurgeQueueCommand({ QueueUrl }));
  }
  // Nobody pulls what the platform had pushed; these come again only if the platform calls again.
  await finish('later', { pushed: 0 });
};
