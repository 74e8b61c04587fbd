import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { Clock } from '../../lib/core/clock.ts';
import type { Invoke } from './invoke.ts';
import { doneMessages, toSqsEvent } from './sqsEvent.ts';
import type { SourceWiring } from './template.ts';

const RECEIVE_AT_ONCE = 10;
/** Short enough that a stop never waits long. */
const LONG_POLL_SECONDS = 1;
const AFTER_FAILURE_MS = 500;

export type EventSource = {
  /** Batches that a function works on, and messages gathered for the next one. */
  inHand(): number;
  /** Epoch ms at which the oldest message was sent that was received and is not done; undefined when none is. */
  oldestSentAt(): number | undefined;
  /** Told that its queue is empty: what went to the dead letters is not waited for. */
  emptied(): void;
  /** Receives no more; resolves when the batches in hand are done. */
  stop(): Promise<void>;
};

export type EventSourceDeps = {
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  readonly region: string;
  readonly invoke: Invoke;
  readonly clock: Clock;
  /** Told of a failed invocation or a queue that does not answer; the messages come back by themselves. */
  readonly onFailure: (source: SourceWiring, error: unknown) => void;
};

/**
 * What Lambda's SQS event source does: polls, gathers a batch, calls the function, deletes what it did not report
 * failed. Failed messages come back after their visibility; the queue itself moves them to the dead letters.
 */
export function startEventSource(source: SourceWiring, deps: EventSourceDeps): EventSource {
  const working = new Set<Promise<void>>();
  let gathered = 0;
  /** By message id; a message that comes back keeps its time. */
  const undone = new Map<string, number>();
  let stopped = false;

  async function receive(count: number): Promise<Message[]> {
    const { Messages = [] } = await deps.sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: deps.queueUrl,
        MaxNumberOfMessages: Math.min(count, RECEIVE_AT_ONCE),
        WaitTimeSeconds: LONG_POLL_SECONDS,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      }),
    );
    gathered += Messages.length;
    for (const { MessageId = '', Attributes } of Messages) {
      undone.set(MessageId, Number(Attributes?.SentTimestamp ?? deps.clock.now()));
    }
    return Messages;
  }

  /** A full batch, or what came within the window after the first message. */
  async function gather(): Promise<Message[]> {
    const batch = await receive(source.batchSize);
    const closesAt = deps.clock.now() + source.windowMs;
    while (batch.length > 0 && batch.length < source.batchSize && !stopped && deps.clock.now() < closesAt) {
      batch.push(...(await receive(source.batchSize - batch.length)));
    }
    return batch;
  }

  async function work(batch: readonly Message[]): Promise<void> {
    try {
      const event = toSqsEvent(batch, source.queue, deps.region);
      await remove(doneMessages(batch, await deps.invoke(source.function, event)));
    } catch (error) {
      deps.onFailure(source, error);
    } finally {
      gathered -= batch.length;
    }
  }

  async function remove(done: readonly Message[]): Promise<void> {
    for (const { MessageId = '' } of done) undone.delete(MessageId);
    for (let at = 0; at < done.length; at += RECEIVE_AT_ONCE) {
      const Entries = done
        .slice(at, at + RECEIVE_AT_ONCE)
        .map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
      await deps.sqs.send(new DeleteMessageBatchCommand({ QueueUrl: deps.queueUrl, Entries }));
    }
  }

  async function poll(): Promise<void> {
    while (!stopped) {
      if (working.size >= source.maximumConcurrency) {
        await Promise.race(working);
        continue;
      }
      const batch = await gather().catch(async (error: unknown): Promise<Message[]> => {
        if (!stopped) deps.onFailure(source, error);
        await deps.clock.sleep(AFTER_FAILURE_MS);
        return [];
      });
      if (batch.length === 0) continue;
      const task = work(batch).finally(() => working.delete(task));
      working.add(task);
    }
  }

  const polling = poll();
  return {
    inHand: () => gathered,
    oldestSentAt: () => (undone.size === 0 ? undefined : Math.min(...undone.values())),
    emptied: () => undone.clear(),
    stop: async () => {
      stopped = true;
      await polling;
      await Promise.all(working);
    },
  };
}
