import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateTableCommand, DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
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
  | 'BudgetsTable'
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

/** `npm run test:aws` names servers of other makers here; without them, the embedded ones. */
async function startOrMeet() {
  const { CARFERRY_TEST_DYNAMODB_URL: dynamoDbUrl, CARFERRY_TEST_SQS_URL: sqsUrl } = process.env;
  if (dynamoDbUrl === undefined || sqsUrl === undefined)
    return { isForeign: false, ...(await startEngines()) };
  return { isForeign: true, dynamoDbUrl, sqsUrl, close: async () => {} };
}

export async function startTestEngines(): Promise<TestEngines> {
  const engines = await startOrMeet();
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
      // A table is there a moment after it was made.
      for (;;) {
        const { Table } = await dynamoDb.send(new DescribeTableCommand({ TableName: name }));
        if (Table?.TableStatus === 'ACTIVE') return name;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    async createQueue(name, attributes = {}) {
      // Test files share a server that they did not start.
      const QueueName = engines.isForeign ? `${name}-${randomBytes(4).toString('hex')}` : name;
      await sqs.send(new CreateQueueCommand({ QueueName, Attributes: attributes }));
      return `${engines.sqsUrl}/000000000000/${QueueName}`;
    },
    async close() {
      for (const client of clients) client.destroy();
      await engines.close();
    },
  };
}
