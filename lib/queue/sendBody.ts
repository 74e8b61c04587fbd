import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { hopsAttribute } from './hops.ts';
import { queueUnavailable } from './queueErrors.ts';

/**
 * Sends the body of an earlier message, byte for byte, as a fresh one that was sent `hops` times again.
 *
 * @throws CarferryError `retry`, `queue-unavailable`: it may or may not have arrived.
 */
export async function sendBody(
  sqs: Pick<SQSClient, 'send'>,
  queueUrl: string,
  body: string,
  hops: number,
): Promise<void> {
  const command = new SendMessageCommand({
    QueueUrl: queueUrl,
    MessageBody: body,
    MessageAttributes: hopsAttribute(hops),
  });
  await sqs.send(command).catch((thrown: unknown) => {
    throw queueUnavailable('sending failed', thrown);
  });
}
