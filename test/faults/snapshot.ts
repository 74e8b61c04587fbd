import { BatchWriteItemCommand, paginateScan } from '@aws-sdk/client-dynamodb';
import {
  ChangeMessageVisibilityCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
} from '@aws-sdk/client-sqs';
import type { Item } from '../../lib/store/items.ts';
import type { Bench } from './bench.ts';
import type { Accepted } from './watch.ts';

/** All that a cell has at one moment of the story, so that another cell begins there. */
export type Snapshot = {
  readonly at: number;
  readonly tables: ReadonlyMap<string, readonly Item[]>;
  readonly queues: ReadonlyMap<string, readonly string[]>;
  readonly accepted: Accepted;
};

const nounOf = (name: string): string => name.replace(/^carferry-[a-z0-9]+-/, '');

export async function takeSnapshot(bench: Bench, at: number): Promise<Snapshot> {
  const { wiring, queueUrls, watch } = bench.ground();
  const tables = new Map<string, Item[]>();
  for (const { name } of wiring.tables) {
    const items: Item[] = [];
    for await (const page of paginateScan({ client: bench.dynamoDb }, { TableName: name })) {
      items.push(...(page.Items ?? []));
    }
    tables.set(nounOf(name), items);
  }
  const queues = new Map<string, string[]>();
  for (const [name, url] of queueUrls) {
    const messages = await peek(bench, url);
    queues.set(
      nounOf(name),
      messages.map(({ Body = '' }) => Body),
    );
  }
  const { trades, dues } = watch.accepted;
  return { at, tables, queues, accepted: { trades: new Map(trades), dues: new Map(dues) } };
}

/** Every message of a queue; they stay there. */
async function peek(bench: Bench, QueueUrl: string): Promise<Message[]> {
  const found: Message[] = [];
  for (;;) {
    const { Messages = [] } = await bench.sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 0 }),
    );
    if (Messages.length === 0) break;
    found.push(...Messages);
  }
  for (const { ReceiptHandle } of found) {
    await bench.sqs.send(
      new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }),
    );
  }
  return found;
}

/** Fills the fresh tables and queues of the present cell. */
export async function restore(bench: Bench, snapshot: Snapshot): Promise<void> {
  const { wiring, queueUrls, watch, control } = bench.ground();
  await control('freeze', 'POST', { at: snapshot.at });
  for (const { name } of wiring.tables) {
    for (const chunk of chunks(snapshot.tables.get(nounOf(name)) ?? [], 25)) {
      const requests = chunk.map((item) => ({ PutRequest: { Item: item } }));
      await bench.dynamoDb.send(new BatchWriteItemCommand({ RequestItems: { [name]: requests } }));
    }
  }
  for (const [name, QueueUrl] of queueUrls) {
    for (const chunk of chunks(snapshot.queues.get(nounOf(name)) ?? [], 10)) {
      const Entries = chunk.map((MessageBody, index) => ({ Id: String(index), MessageBody }));
      await bench.sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    }
  }
  for (const [orderId, modifiedAt] of snapshot.accepted.trades)
    watch.accepted.trades.set(orderId, modifiedAt);
  for (const [name, times] of snapshot.accepted.dues) watch.accepted.dues.set(name, times);
}

function chunks<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, n) =>
    list.slice(n * size, (n + 1) * size),
  );
}
