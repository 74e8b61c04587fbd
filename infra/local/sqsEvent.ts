import type { Message } from '@aws-sdk/client-sqs';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import * as z from 'zod';

/** The event that Lambda's SQS event source builds of received messages. */
export function toSqsEvent(messages: readonly Message[], queue: string, region: string): SQSEvent {
  return { Records: messages.map((message) => toRecord(message, queue, region)) };
}

function toRecord(message: Message, queue: string, region: string): SQSRecord {
  const { Attributes: given } = message;
  return {
    messageId: message.MessageId ?? '',
    receiptHandle: message.ReceiptHandle ?? '',
    body: message.Body ?? '',
    attributes: {
      ApproximateReceiveCount: given?.ApproximateReceiveCount ?? '1',
      SentTimestamp: given?.SentTimestamp ?? '0',
      SenderId: given?.SenderId ?? '',
      ApproximateFirstReceiveTimestamp: given?.ApproximateFirstReceiveTimestamp ?? '0',
    },
    messageAttributes: Object.fromEntries(
      Object.entries(message.MessageAttributes ?? {}).map(
        ([name, { DataType = 'String', StringValue = '' }]) => [
          name,
          { dataType: DataType, stringValue: StringValue },
        ],
      ),
    ),
    md5OfBody: message.MD5OfBody ?? '',
    eventSource: 'aws:sqs',
    eventSourceARN: `arn:aws:sqs:${region}:000000000000:${queue}`,
    awsRegion: region,
  };
}

const responseSchema = z
  .object({
    batchItemFailures: z.array(z.object({ itemIdentifier: z.string().min(1) })).nullish(),
  })
  .nullish();

/**
 * Which messages of the batch are done, by Lambda's rules: an empty answer or list means all; an unreadable answer
 * or an unknown identifier means none.
 */
export function doneMessages(messages: readonly Message[], response: unknown): readonly Message[] {
  const parsed = responseSchema.safeParse(response);
  if (!parsed.success) return [];
  const failed = new Set(parsed.data?.batchItemFailures?.map(({ itemIdentifier }) => itemIdentifier));
  const known = new Set(messages.map(({ MessageId }) => MessageId));
  if ([...failed].some((id) => !known.has(id))) return [];
  return messages.filter(({ MessageId }) => MessageId === undefined || !failed.has(MessageId));
}
