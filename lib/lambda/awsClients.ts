import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';

/*
 * The SDK has no time-out by default and only warns when one passes; its retry numbers changed in November
 * 2026. Both are therefore said here. Region and endpoint come from the environment, read by the SDK itself.
 */
const limits = {
  maxAttempts: 4,
  retryMode: 'standard',
  requestHandler: { connectionTimeout: 1000, requestTimeout: 3000, throwOnRequestTimeout: true },
} as const;

export function createDynamoDb(): DynamoDBClient {
  return new DynamoDBClient(limits);
}

export function createSqs(): SQSClient {
  return new SQSClient(limits);
}
