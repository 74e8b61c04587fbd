import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';

export type QueueDepth = {
  readonly name: string;
  /** Visible, delayed and in flight. */
  readonly waiting: number;
  /** Messages in its dead-letter queue. */
  readonly dead: number;
};

/** Depth of every queue that feeds a function. */
export async function queueDepths(
  sqs: SQSClient,
  urls: ReadonlyMap<string, string>,
  queues: readonly { readonly name: string; readonly redrive?: { readonly deadLetterQueue: string } }[],
): Promise<QueueDepth[]> {
  return Promise.all(
    queues.flatMap(({ name, redrive }) =>
      redrive === undefined
        ? []
        : [
            Promise.all([queueDepth(sqs, urls, name), queueDepth(sqs, urls, redrive.deadLetterQueue)]).then(
              ([waiting, dead]) => ({ name, waiting, dead }),
            ),
          ],
    ),
  );
}

/** Visible, delayed and in flight, of one queue. */
export async function queueDepth(
  sqs: SQSClient,
  urls: ReadonlyMap<string, string>,
  name: string,
): Promise<number> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: urls.get(name),
      AttributeNames: [
        'ApproximateNumberOfMessages',
        'ApproximateNumberOfMessagesNotVisible',
        'ApproximateNumberOfMessagesDelayed',
      ],
    }),
  );
  return Object.values(Attributes).reduce((sum, text) => sum + Number(text), 0);
}
