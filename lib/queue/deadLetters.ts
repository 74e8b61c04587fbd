import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { hopsOf } from './hops.ts';
import { queueUnavailable } from './queueErrors.ts';
import { sendBody } from './sendBody.ts';

/** A message of a dead-letter queue, hidden from others while it is held. */
export type DeadLetter = {
  readonly messageId: string;
  readonly body: string;
  readonly receiptHandle: string;
  /** How often it was sent again before. */
  readonly hops: number;
  /** Epoch ms; a dead letter keeps the time at which it was first sent. */
  readonly sentAt: number;
};

export type DeadLetterQueue = {
  /** Messages, up to ten at a time, each once, until `most` or until the queue shows no other. */
  take(most: number): AsyncGenerator<readonly DeadLetter[]>;
  /** Sends it to `queueUrl` as a fresh message, then deletes it here: a crash in between doubles it, no more. */
  sendTo(queueUrl: string, letter: DeadLetter): Promise<void>;
  remove(letter: DeadLetter): Promise<void>;
  /** Shows a held message to others again, a second later. */
  release(letter: DeadLetter): Promise<void>;
};

/** Long enough for whoever takes it to finish; a message of a killed run is shown again after it. */
const HELD_SECONDS = 300;
/** Not 0: the embedded queue, when it keeps its messages on disk, loses one that is shown again at once. */
const RELEASED_AFTER_SECONDS = 1;
const AT_ONCE = 10;
/** A queue answers from some of its servers only; one empty answer does not say that it is empty. */
const EMPTY_ANSWERS = 2;

/**
 * Own redrive: receive, send, delete. The queue's own (`StartMessageMoveTask`) is missing in the China regions,
 * takes no filter and tells nothing of single messages.
 *
 * @param heldSeconds how long a taken message is hidden from others
 * @throws CarferryError `retry`, `queue-unavailable`, from every function.
 */
export function createDeadLetterQueue(
  sqs: Pick<SQSClient, 'send'>,
  deadUrl: string,
  heldSeconds = HELD_SECONDS,
): DeadLetterQueue {
  const unavailable = (what: string) => (thrown: unknown) => {
    throw queueUnavailable(what, thrown);
  };

  async function receive(count: number): Promise<DeadLetter[]> {
    const command = new ReceiveMessageCommand({
      QueueUrl: deadUrl,
      MaxNumberOfMessages: Math.min(count, AT_ONCE),
      VisibilityTimeout: heldSeconds,
      WaitTimeSeconds: 0,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    });
    const { Messages = [] } = await sqs.send(command).catch(unavailable('receiving failed'));
    return Messages.map(
      ({ MessageId = '', Body = '', ReceiptHandle = '', MessageAttributes, Attributes }) => ({
        messageId: MessageId,
        body: Body,
        receiptHandle: ReceiptHandle,
        hops: hopsOf(MessageAttributes),
        sentAt: Number(Attributes?.SentTimestamp ?? 0),
      }),
    );
  }

  async function remove({ receiptHandle }: DeadLetter): Promise<void> {
    const command = new DeleteMessageCommand({ QueueUrl: deadUrl, ReceiptHandle: receiptHandle });
    await sqs.send(command).catch(unavailable('deleting failed'));
  }

  return {
    async *take(most) {
      const seen = new Set<string>();
      let empty = 0;
      while (seen.size < most && empty < EMPTY_ANSWERS) {
        const letters = await receive(most - seen.size);
        const fresh = letters.filter(({ messageId }) => !seen.has(messageId));
        empty = fresh.length === 0 ? empty + 1 : 0;
        for (const { messageId } of fresh) seen.add(messageId);
        if (fresh.length > 0) yield fresh;
      }
    },
    async sendTo(queueUrl, letter) {
      await sendBody(sqs, queueUrl, letter.body, letter.hops + 1);
      await remove(letter);
    },
    remove,
    release: async ({ receiptHandle }) => {
      const command = new ChangeMessageVisibilityCommand({
        QueueUrl: deadUrl,
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: RELEASED_AFTER_SECONDS,
      });
      await sqs.send(command).catch(unavailable('changing the visibility failed'));
    },
  };
}
