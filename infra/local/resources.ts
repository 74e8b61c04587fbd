import { CreateTableCommand, type DynamoDBClient, ResourceInUseException } from '@aws-sdk/client-dynamodb';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SetQueueAttributesCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { QueueWiring, Wiring } from './template.ts';

/** The account that the embedded SQS pretends to be. */
const LOCAL_ACCOUNT = '000000000000';

/** The URL of a queue on an embedded SQS; its own answer names a host that does not resolve. */
export function localQueueUrl(sqsUrl: string, queue: string): string {
  return `${sqsUrl}/${LOCAL_ACCOUNT}/${queue}`;
}

export type ServerClients = {
  readonly dynamoDb: DynamoDBClient;
  readonly sqs: SQSClient;
  /** Address of the embedded SQS; undefined for a real one, whose own answer names the queue. */
  readonly embeddedSqsUrl?: string | undefined;
};

/**
 * Creates what the template declares and is not there yet; existing queues get the template's attributes.
 * Answers the URL of every queue by its name.
 */
export async function createResources(
  wiring: Wiring,
  clients: ServerClients,
): Promise<ReadonlyMap<string, string>> {
  await Promise.all(wiring.tables.map(({ create }) => createTable(clients.dynamoDb, create)));
  const urls = new Map<string, string>();
  const isSource = ({ redrive }: QueueWiring): number => (redrive === undefined ? 0 : 1);
  const deadLettersFirst = [...wiring.queues].sort((a, b) => isSource(a) - isSource(b));
  for (const queue of deadLettersFirst) urls.set(queue.name, await createQueue(clients, queue, urls));
  return urls;
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
  { sqs, embeddedSqsUrl }: ServerClients,
  queue: QueueWiring,
  urls: ReadonlyMap<string, string>,
): Promise<string> {
  const created = await sqs.send(new CreateQueueCommand({ QueueName: queue.name }));
  const url = embeddedSqsUrl === undefined ? created.QueueUrl : localQueueUrl(embeddedSqsUrl, queue.name);
  if (url === undefined) throw new Error(`SQS answered no URL for ${queue.name}`);
  const deadLetterUrl = queue.redrive && urls.get(queue.redrive.deadLetterQueue);
  const policy = queue.redrive && {
    deadLetterTargetArn: await arnOf(sqs, deadLetterUrl),
    maxReceiveCount: queue.redrive.maxReceiveCount,
  };
  const Attributes = { ...queue.attributes, ...(policy && { RedrivePolicy: JSON.stringify(policy) }) };
  await setAttributes(sqs, url, Attributes);
  return url;
}

/** Other servers of the SQS protocol know no encryption at rest (ElasticMQ refuses the attribute). */
async function setAttributes(
  sqs: SQSClient,
  url: string,
  attributes: Readonly<Record<string, string>>,
): Promise<void> {
  try {
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: attributes }));
  } catch (error) {
    const { SqsManagedSseEnabled: encrypted, ...others } = attributes;
    if (encrypted === undefined || !isUnknownAttribute(error)) throw error;
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: others }));
  }
}

function isUnknownAttribute(error: unknown): boolean {
  return error instanceof Error && /SqsManagedSseEnabled/.test(error.message);
}

async function arnOf(sqs: SQSClient, url: string | undefined): Promise<string | undefined> {
  const command = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] });
  const { Attributes } = await sqs.send(command);
  return Attributes?.['QueueArn'];
}
