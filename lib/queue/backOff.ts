import { ChangeMessageVisibilityCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { queueUnavailable } from './queueErrors.ts';

/** Hides a received message for some seconds more, after which the queue delivers it again. */
export type BackOff = (receiptHandle: string, seconds: number) => Promise<void>;

export function createBackOff(sqs: Pick<SQSClient, 'send'>, queueUrl: string): BackOff {
  return async (receiptHandle, seconds) => {
    const command = new ChangeMessageVisibilityCommand({
      QueueUrl: queueUrl,
      ReceiptHandle: receiptHandle,
      VisibilityTimeout: seconds,
    });
    await sqs.send(command).catch((thrown: unknown) => {
      throw queueUnavailable('changing the visibility failed', thrown);
    });
  };
}
