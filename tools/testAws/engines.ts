import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { type Server, startDynamoDbLocal, startElasticMq } from './servers.ts';

const root = join(import.meta.dirname, '../..');
/** What speaks to DynamoDB and SQS through test/support/engines.ts. */
const SUITES = ['test/store', 'test/queue', 'test/enrich', 'test/functions'];

async function withServers(work: (dynamoDb: Server, sqs: Server) => number | null): Promise<void> {
  const dynamoDb = await startDynamoDbLocal();
  try {
    const sqs = await startElasticMq();
    try {
      const code = work(dynamoDb, sqs);
      if (code !== 0) throw new Error(`ended with exit code ${code}`);
    } finally {
      await sqs.stop();
    }
  } finally {
    await dynamoDb.stop();
  }
}

function runNode(args: readonly string[], variables: Readonly<Record<string, string>>): number | null {
  const { status } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...variables },
  });
  return status;
}

/** The suites of stores, queues and consumers against DynamoDB Local and ElasticMQ. */
export function runSuites(): Promise<void> {
  return withServers((dynamoDb, sqs) =>
    runNode(['node_modules/vitest/vitest.mjs', 'run', ...SUITES], {
      CARFERRY_TEST_DYNAMODB_URL: dynamoDb.url,
      CARFERRY_TEST_SQS_URL: sqs.url,
    }),
  );
}

/** The main job against the same servers, compared with the simulator's truth. */
export function runMainJob(): Promise<void> {
  return withServers((dynamoDb, sqs) =>
    runNode(['tools/mainJob.ts'], {
      AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.url,
      AWS_ENDPOINT_URL_SQS: sqs.url,
    }),
  );
}
