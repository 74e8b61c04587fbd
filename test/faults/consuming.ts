import {
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
} from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { doneMessages, toSqsEvent } from '../../infra/local/sqsEvent.ts';
import { queueMessageSchema } from '../../lib/domain/queueMessage.ts';
import type { Bench } from './bench.ts';
import type { Role } from './crew.ts';
import { type Step, StuckError } from './step.ts';

const MOST_ROUNDS = 12;

/** Takes a queue empty as Lambda's event source does; what is not done comes back at once. */
export function consuming(name: string, fn: string, queue: string): Step {
  return {
    name,
    function: fn,
    isConsumer: true,
    once: async (bench, role) => {
      const messages = await receive(bench, queue);
      if (messages.length > 0) await work(bench, { fn, queue, messages, role, timeoutMs: undefined });
    },
    run: async (bench, role = 'subject', timeoutMs) => {
      for (let round = 0; round < MOST_ROUNDS; round += 1) {
        const messages = await receive(bench, queue);
        if (messages.length === 0) return;
        await work(bench, { fn, queue, messages, role, timeoutMs: round === 0 ? timeoutMs : undefined });
      }
      throw new StuckError(`${name}: the queue is never empty`);
    },
  };
}

const urlOf = (bench: Bench, queue: string): string => {
  const { queueUrls, stage } = bench.ground();
  return queueUrls.get(`carferry-${stage}-${queue}`) ?? '';
};

async function receive(bench: Bench, queue: string): Promise<Message[]> {
  const messages: Message[] = [];
  while (messages.length < 10) {
    const { Messages = [] } = await bench.sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: urlOf(bench, queue),
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: 0,
        MessageSystemAttributeNames: ['All'],
      }),
    );
    if (Messages.length === 0) break;
    messages.push(...Messages);
  }
  return messages.slice(0, 30);
}

async function work(
  bench: Bench,
  batch: {
    fn: string;
    queue: string;
    messages: readonly Message[];
    role: Role;
    timeoutMs: number | undefined;
  },
): Promise<void> {
  const { fn, queue, messages, role, timeoutMs } = batch;
  const event = toSqsEvent(messages, `carferry-${bench.ground().stage}-${queue}`, 'us-east-1');
  if (role === 'subject') bench.inHand = { queue, messages, event, fn };
  const ended = await bench.invoke(role, fn, event, timeoutMs);
  if (ended.end === 'answered') holdToContract(bench, messages, ended.result);
  const done = ended.end === 'answered' ? doneMessages(messages, ended.result) : [];
  for (const message of done) await holdToWritten(bench, message);
  const isKept = done.length > 0 && bench.keptBatches > 0;
  if (isKept) bench.keptBatches -= 1;
  else await remove(bench, queue, done);
  await release(
    bench,
    queue,
    messages.filter((message) => isKept || !done.includes(message)),
  );
}

/** Makes messages visible at once, whatever time-out they have. */
export async function release(bench: Bench, queue: string, messages: readonly Message[]): Promise<void> {
  for (const { ReceiptHandle } of messages) {
    await bench.sqs
      .send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: urlOf(bench, queue),
          ReceiptHandle,
          VisibilityTimeout: 0,
        }),
      )
      // Another holder has done and deleted it.
      .catch(() => undefined);
  }
}

async function remove(bench: Bench, queue: string, messages: readonly Message[]): Promise<void> {
  const Entries = messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
  for (let at = 0; at < Entries.length; at += 10) {
    const command = { QueueUrl: urlOf(bench, queue), Entries: Entries.slice(at, at + 10) };
    await bench.sqs.send(new DeleteMessageBatchCommand(command));
  }
}

const contractSchema = z.strictObject({
  batchItemFailures: z.array(z.strictObject({ itemIdentifier: z.string() })),
});

/** The answer of a consumer is made of ids of this very event (C30). */
function holdToContract(bench: Bench, messages: readonly Message[], result: unknown): void {
  const answer = contractSchema.safeParse(result).data;
  const ids = new Set(messages.map(({ MessageId }) => MessageId));
  if (answer?.batchItemFailures.every(({ itemIdentifier }) => ids.has(itemIdentifier)) === true) return;
  bench.ground().watch.note({ kind: 'lost', what: 'a consumer answered something else than its failures' });
}

/** Nothing may be acknowledged before it is durable, proven stale or parked (I11). */
async function holdToWritten(bench: Bench, { Body = '' }: Message): Promise<void> {
  const { stores, watch } = bench.ground();
  const message = queueMessageSchema.safeParse(JSON.parse(Body)).data;
  // One that cannot be read is parked, which the verdict sees.
  if (message === undefined) return;
  let isWritten = true;
  if (message.kind === 'trade') {
    const order = await stores.orders.read(message.orderId);
    isWritten = order?.tradeModifiedAt !== undefined && order.tradeModifiedAt >= message.trade.modifiedAt;
  } else if (message.kind === 'lead') {
    isWritten = (await stores.leads.read(message.lead.leadId)) !== undefined;
  } else if (message.kind === 'adLine') {
    const lines = await stores.adOrders.linesOf(message.line.orderId);
    isWritten = lines.some(({ line }) => line === message.line.line);
  }
  if (!isWritten)
    watch.note({ kind: 'lost', what: `an ${message.kind} message was acknowledged before it was stored` });
}
