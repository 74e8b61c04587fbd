import type { SQSEvent } from 'aws-lambda';
import type { QueueMessage } from '../../lib/domain/queueMessage.ts';

/** An event as the event source mapping makes it; message ids `m0`, `m1` …, receipts `r0`, `r1` …. */
export function sqsEvent(bodies: readonly (QueueMessage | string)[], receives = 1): SQSEvent {
  return {
    Records: bodies.map((body, index) => ({
      messageId: `m${index}`,
      receiptHandle: `r${index}`,
      body: typeof body === 'string' ? body : JSON.stringify(body),
      attributes: {
        ApproximateReceiveCount: String(receives),
        SentTimestamp: '0',
        SenderId: 'test',
        ApproximateFirstReceiveTimestamp: '0',
      },
      messageAttributes: {},
      md5OfBody: '',
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:local:0:queue',
      awsRegion: 'local',
    })),
  };
}
