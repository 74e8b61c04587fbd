import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { parse } from 'yaml';
import { startEngines } from '../../infra/local/engines.ts';

/** Logical names of `infra/tables.yml`. */
export type TableId =
  | 'OrdersTable'
  | 'LeadsTable'
  | 'AdOrdersTable'
  | 'ItemsTable'
  | 'StreamsTable'
  | 'DuesTable'
  | 'ShopsTable'
  | 'QuarantineTable'
  | 'KeysTable';

/** The embedded engines for one test file: start in `beforeAll`, close in `afterAll`. */
export type TestEngines = {
  readonly dynamoDb: DynamoDBClient;
  readonly sqs: SQSClient;
  /** A second client with its own middleware, e.g. one that loses replies; one attempt unless told. */
  newDynamoDb(maxAttempts?: number): DynamoDBClient;
  /** Creates a fresh, empty table as `infra/tables.yml` describes it; answers its name. */
  createTable(id: TableId): Promise<string>;
  /** Creates a queue; answers its URL. */
  createQueue(name: string, attributes?: Record<string, string>): Promise<string>;
  close(): Promise<void>;
};

const TABLES_FILE = join(import.meta.dirname, '../../infra/tables.yml');
const aws = { region: 'cn-north-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };

/** The `Properties` of a table; osls variables replaced, tags of CloudFormation ignored. */
function tableProperties(id: TableId) {
  const text = readFileSync(TABLES_FILE, 'utf8').replaceAll(/\$\{self:service\}-\$\{sls:stage\}-/g, 'test-');
  const { AttributeDefinitions, KeySchema, GlobalSecondaryIndexes, TableName } = parse(text, {
    logLevel: 'silent',
  }).Resources[id].Properties;
  return { AttributeDefinitions, KeySchema, GlobalSecondaryIndexes, TableName: String(TableName) };
}

export async function startTestEngines(): Promise<TestEngines> {
  const engines = await startEngines();
  const newDynamoDb = (maxAttempts = 1) =>
    new DynamoDBClient({ ...aws, endpoint: engines.dynamoDbUrl, maxAttempts });
  const dynamoDb = newDynamoDb(4);
  const sqs = new SQSClient({ ...aws, endpoint: engines.sqsUrl });
  const clients: { destroy(): void }[] = [dynamoDb, sqs];
  return {
    dynamoDb,
    sqs,
    newDynamoDb(maxAttempts) {
      const client = newDynamoDb(maxAttempts);
      clients.push(client);
      return client;
    },
    async createTable(id) {
      const { TableName, ...properties } = tableProperties(id);
      const name = `${TableName}-${randomBytes(4).toString('hex')}`;
      const command = new CreateTableCommand({
        ...properties,
        TableName: name,
        BillingMode: 'PAY_PER_REQUEST',
      });
      await dynamoDb.send(command);
      return name;
    },
    async createQueue(name, attributes = {}) {
      await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
      return `${engines.sqsUrl}/000000000000/${name}`;
    },
    async close() {
      for (const client of clients) client.destroy();
      await engines.close();
    },
  };
}
