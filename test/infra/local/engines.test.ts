import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DescribeTableCommand, DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import {
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterEach, describe, expect, it } from 'vitest';
import { type Engines, startEngines } from '../../../infra/local/engines.ts';
import { createResources, localQueueUrl } from '../../../infra/local/resources.ts';
import { readTemplate } from '../../../infra/local/template.ts';

const region = 'us-east-1';
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
const wiring = readTemplate();
const running: Engines[] = [];
const folders: string[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((engines) => engines.close()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function started(dataDir?: string) {
  const engines = await startEngines({ dataDir });
  running.push(engines);
  const dynamoDb = new DynamoDBClient({ region, credentials, endpoint: engines.dynamoDbUrl });
  const sqs = new SQSClient({ region, credentials, endpoint: engines.sqsUrl });
  await createResources(wiring, { dynamoDb, sqs, embeddedSqsUrl: engines.sqsUrl });
  const queueUrl = localQueueUrl(engines.sqsUrl, 'carferry-local-orders');
  return { engines, dynamoDb, sqs, queueUrl };
}

describe('the embedded engines', () => {
  it('have every table, index and queue of the template, with its attributes', async () => {
    const { dynamoDb, sqs, queueUrl } = await started();

    const tables = await dynamoDb.send(new ListTablesCommand({}));
    const orders = await dynamoDb.send(new DescribeTableCommand({ TableName: 'carferry-local-orders' }));
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] }),
    );

    expect(tables.TableNames?.toSorted()).toEqual(wiring.tables.map(({ name }) => name).toSorted());
    expect(orders.Table?.GlobalSecondaryIndexes?.map(({ IndexName }) => IndexName).toSorted()).toEqual([
      'byPhone',
      'byShopDay',
    ]);
    expect(Attributes?.['VisibilityTimeout']).toBe('361');
    expect(JSON.parse(Attributes?.['RedrivePolicy'] ?? '{}')).toEqual({
      deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:carferry-local-orders-dead',
      maxReceiveCount: 5,
    });
  });

  it('make the messages in flight of an earlier run visible again, its receive not counted', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'carferry-engines-'));
    folders.push(folder);
    const first = await started(folder);
    await first.sqs.send(new SendMessageCommand({ QueueUrl: first.queueUrl, MessageBody: 'kept' }));
    await first.sqs.send(new ReceiveMessageCommand({ QueueUrl: first.queueUrl }));
    await first.engines.close();
    running.length = 0;

    const second = await started(folder);
    const { Messages } = await second.sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: second.queueUrl,
        MessageSystemAttributeNames: ['ApproximateReceiveCount'],
      }),
    );

    expect(Messages?.map(({ Body, Attributes }) => [Body, Attributes?.ApproximateReceiveCount])).toEqual([
      ['kept', '1'],
    ]);
  });
});
