import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { type Clock, systemClock } from '../core/clock.ts';
import type { QueueMessage } from '../domain/queueMessage.ts';
import { queueUnavailable, unsendable } from './queueErrors.ts';
import { serialiseMessage } from './serialiseMessage.ts';

/** SQS's limits of one batch: entries, and bytes of all bodies together. */
const MAX_ENTRIES = 10;
const MAX_BATCH_BYTES = 1024 * 1024;
/** How often entries that a reply did not confirm are sent again. */
const MAX_ROUNDS = 4;
const BASE_WAIT_MS = 100;

export type Sender = {
  /**
   * Sends all messages; resolves only when the queue has confirmed every one of them. When it rejects, some
   * may have arrived: the caller sends all again, and consumers take doubles.
   *
   * @throws CarferryError `park` `message-too-large` (before anything is sent) or `message-refused`; `retry`
   *   `queue-unavailable`.
   */
  send(messages: readonly QueueMessage[]): Promise<void>;
};

/** Packs bodies, in order, into batches within both limits. */
export function packBatches(bodies: readonly string[]): string[][] {
  const batches: string[][] = [];
  let batch: string[] = [];
  let bytes = 0;
  for (const body of bodies) {
    const size = Buffer.byteLength(body);
    if (batch.length === MAX_ENTRIES || (batch.length > 0 && bytes + size > MAX_BATCH_BYTES)) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(body);
    bytes += size;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}

/** A sender for one queue. */
export function createSender(
  sqs: Pick<SQSClient, 'send'>,
  queueUrl: string,
  clock: Pick<Clock, 'sleep'> = systemClock,
): Sender {
  /** One request; answers the bodies that the queue did not confirm. */
  async function sendOnce(bodies: readonly string[]): Promise<string[]> {
    const command = new SendMessageBatchCommand({
      QueueUrl: queueUrl,
      Entries: bodies.map((body, index) => ({ Id: String(index), MessageBody: body })),
    });
    const reply = await sqs.send(command).catch((thrown: unknown) => {
      throw queueUnavailable('sending failed', thrown);
    });
    if (reply.Failed?.some(({ Code }) => Code === 'InvalidMessageContents')) {
      throw unsendable('message-refused', 'the queue refused the characters of a message');
    }
    // What a reply forgets to mention was not accepted.
    const confirmed = new Set(reply.Successful?.map(({ Id }) => Id));
    return bodies.filter((_, index) => !confirmed.has(String(index)));
  }

  async function sendBatch(batch: readonly string[]): Promise<void> {
    let unsent = await sendOnce(batch);
    for (let round = 1; unsent.length > 0; round += 1) {
      if (round === MAX_ROUNDS) throw queueUnavailable(`${unsent.length} messages were not accepted`);
      await clock.sleep(Math.random() * BASE_WAIT_MS * 2 ** round);
      unsent = await sendOnce(unsent);
    }
  }

  return {
    async send(messages) {
      for (const batch of packBatches(messages.map(serialiseMessage))) await sendBatch(batch);
    },
  };
}
