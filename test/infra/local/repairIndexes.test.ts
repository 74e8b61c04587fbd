import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startEngines } from '../../../infra/local/engines.ts';
import { repairIndexes } from '../../../infra/local/repairIndexes.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'carferry-repair-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function withTables<T>(work: (client: DynamoDBClient) => Promise<T>): Promise<T> {
  const engines = await startEngines({ dataDir: folder });
  const client = new DynamoDBClient({
    endpoint: engines.dynamoDbUrl,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  try {
    return await work(client);
  } finally {
    client.destroy();
    await engines.close();
  }
}

async function indexRows(): Promise<string[]> {
  return withTables(async (client) => {
    const { Items = [] } = await client.send(new ScanCommand({ TableName: 'dues', IndexName: 'byTime' }));
    return Items.map(({ id, at }) => `${id?.S} ${at?.S}`).toSorted();
  });
}

describe('the repair of indexes', () => {
  it('removes index rows without item and adds the missing ones, as a kill between two writes leaves them', async () => {
    await withTables(async (client) => {
      await client.send(
        new CreateTableCommand({
          TableName: 'dues',
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: ['id', 'at'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
          KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
          GlobalSecondaryIndexes: [
            {
              IndexName: 'byTime',
              KeySchema: [{ AttributeName: 'at', KeyType: 'HASH' }],
              Projection: { ProjectionType: 'ALL' },
            },
          ],
        }),
      );
      for (const [id, at] of [
        ['a', '1'],
        ['b', '2'],
        ['c', '3'],
      ] as const) {
        await client.send(new PutItemCommand({ TableName: 'dues', Item: { id: { S: id }, at: { S: at } } }));
      }
    });
    const require = createRequire(createRequire(import.meta.url).resolve('dynalite'));
    const level = new (require('level').Level)(join(folder, 'tables'), { valueEncoding: 'json' });
    const keys: string[] = await level.keys().all();
    const keyOf = async (kind: string, id: string): Promise<string> => {
      for (const key of keys) if (key.startsWith(kind) && (await level.get(key)).id?.S === id) return key;
      throw new Error(`no ${kind} row of ${id}`);
    };
    await level.del(await keyOf('item-', 'a'));
    await level.del(await keyOf('index-', 'b'));
    await level.close();
    expect(await indexRows()).toEqual(['a 1', 'c 3']);

    await repairIndexes(join(folder, 'tables'));

    expect(await indexRows()).toEqual(['b 2', 'c 3']);
  });
});
