import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { createAwsTransport } from './awsTransport.ts';

/*
 * The SDK has no time-out by default and only warns when one passes; its retry numbers changed in November
 * 2026. Both are therefore said here. Region and endpoint come from the environment, read by the SDK itself.
 */
const retries = { maxAttempts: 4, retryMode: 'standard' } as const;
const TIMEOUTS = { connect: 1000, request: 3000 };

export function createDynamoDb(): DynamoDBClient {
  const client = new DynamoDBClient({
    ...retries,
    requestHandler: createAwsTransport(TIMEOUTS),
    // Its middleware never changes, so it is put together once per command and not once per call.
    cacheMiddleware: true,
  });
  return withoutLog(client);
}

export function createSqs(): SQSClient {
  // No cached middleware: it keeps the queue's address of one call where another may find it.
  return withoutLog(new SQSClient({ ...retries, requestHandler: createAwsTransport(TIMEOUTS) }));
}

/** Copies every input and output for a log that nobody reads. */
function withoutLog<Client extends { middlewareStack: { remove(name: string): boolean } }>(
  client: Client,
): Client {
  client.middlewareStack.remove('loggerMiddleware');
  return client;
}
