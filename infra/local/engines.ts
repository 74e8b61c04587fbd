import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import dynalite from 'dynalite';
import { startFauxqs } from 'fauxqs';
import { repairIndexes } from './repairIndexes.ts';

/** Addresses of the servers that stand in for DynamoDB and SQS. */
export type EngineAddresses = { readonly dynamoDbUrl: string; readonly sqsUrl: string };
export type Engines = EngineAddresses & { close(): Promise<void> };

/**
 * Starts the embedded DynamoDB and SQS on free ports of the loopback interface; in memory without `dataDir`.
 * Messages that a killed run had in flight are visible again.
 */
export async function startEngines({ dataDir }: { dataDir?: string | undefined } = {}): Promise<Engines> {
  const queuesDir = dataDir === undefined ? undefined : join(dataDir, 'queues');
  if (queuesDir !== undefined) releaseInFlight(join(queuesDir, 'fauxqs.db'));
  const tablesDir = dataDir === undefined ? undefined : join(dataDir, 'tables');
  const marker = tablesDir === undefined ? undefined : `${tablesDir}.open`;
  if (tablesDir !== undefined && marker !== undefined) await openTables(tablesDir, marker);
  const sqs = await startFauxqs({
    port: 0,
    logger: false,
    ...(queuesDir === undefined ? {} : { dataDir: queuesDir }),
  });
  const dynamoDb = dynalite({
    createTableMs: 0,
    updateTableMs: 0,
    deleteTableMs: 0,
    ...(tablesDir === undefined ? {} : { path: tablesDir }),
  });
  await new Promise<void>((resolve, reject) => {
    dynamoDb.once('error', reject);
    dynamoDb.listen(0, '127.0.0.1', resolve);
  });
  const address = dynamoDb.address();
  if (typeof address !== 'object' || address === null) throw new Error('the embedded DynamoDB has no port');
  return {
    dynamoDbUrl: `http://127.0.0.1:${address.port}`,
    sqsUrl: `http://127.0.0.1:${sqs.port}`,
    close: async () => {
      const closed = new Promise<void>((resolve) => dynamoDb.close(() => resolve()));
      dynamoDb.closeAllConnections();
      await Promise.all([closed, sqs.stop()]);
      if (marker !== undefined) rmSync(marker, { force: true });
    },
  };
}

/** The marker stays behind when the engines are killed. */
async function openTables(path: string, marker: string): Promise<void> {
  if (existsSync(marker) && existsSync(path)) await repairIndexes(path);
  mkdirSync(path, { recursive: true });
  writeFileSync(marker, '');
}

/**
 * Nobody holds these messages any more: the process that received them is gone. That receive was no failure of
 * the message, so it does not count towards the dead-letter queue.
 */
function releaseInFlight(databaseFile: string): void {
  if (!existsSync(databaseFile)) return;
  const database = new DatabaseSync(databaseFile);
  try {
    database.exec(
      `UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL,
         approximate_receive_count = MAX(approximate_receive_count - 1, 0)
       WHERE receipt_handle IS NOT NULL`,
    );
  } catch (error) {
    // A run killed while it made the file left no table behind, and so no message either.
    if (!(error instanceof Error && /no such table/.test(error.message))) throw error;
  } finally {
    database.close();
  }
}
