import { CreateTableCommand, type DynamoDBClient, ResourceInUseException } from '@aws-sdk/client-dynamodb';
import { CreateQueueCommand, SetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { QueueWiring, Wiring } from './template.ts';

/** The account that the embedded SQS pretends to be. */
const LOCAL_ACCOUNT = '000000000000';

/** The URL of a queue on an embedded SQS; its own answer names a host that does not resolve. */
export function localQueueUrl(sqsUrl: string, queue: string): string {
  return `${sqsUrl}/${LOCAL_ACCOUNT}/${queue}`;
}

/** Creates what the template declares and is not there yet; existing queues get the template's attributes. */
export async function createResources(
  wiring: Wiring,
  {
    dynamoDb,
    sqs,
    sqsUrl,
    region,
  }: { dynamoDb: DynamoDBClient; sqs: SQSClient; sqsUrl: string; region: string },
): Promise<void> {
  await Promise.all(wiring.tables.map(({ create }) => createTable(dynamoDb, create)));
  const deadLettersFirst = [...wiring.queues].sort(
    (a, b) => Number(Boolean(a.redrive)) - Number(Boolean(b.redrive)),
  );
  for (const queue of deadLettersFirst) await createQueue(sqs, sqsUrl, region, queue);
}

async function createTable(
  dynamoDb: DynamoDBClient,
  create: ConstructorParameters<typeof CreateTableCommand>[0],
): Promise<void> {
  try {
    await dynamoDb.send(new CreateTableCommand(create));
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  }
}

async function createQueue(
  sqs: SQSClient,
  sqsUrl: string,
  region: string,
  queue: QueueWiring,
): Promise<void> {
  await sqs.send(new CreateQueueCommand({ QueueName: queue.name }));
  const { redrive } = queue;
  const policy = redrive && {
    deadLetterTargetArn: `arn:aws:sqs:${region}:${LOCAL_ACCOUNT}:${redrive.deadLetterQueue}`,
    maxReceiveCount: redrive.maxReceiveCount,
  };
  await sqs.send(
    new SetQueueAttributesCommand({
      QueueUrl: localQueueUrl(sqsUrl, queue.name),
      Attributes: { ...queue.attributes, ...(policy && { RedrivePolicy: JSON.stringify(policy) }) },
    }),
  );
}
