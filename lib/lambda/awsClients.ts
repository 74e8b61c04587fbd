import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DecryptCommand, GenerateDataKeyCommand, KMSClient, type KMSClientConfig } from '@aws-sdk/client-kms';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Kms } from '../privacy/kmsRoot.ts';
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

/** KMS for the key provider. */
export function createKms(options: KMSClientConfig = {}): Kms {
  const requestHandler = createAwsTransport(TIMEOUTS);
  const client = withoutLog(
    new KMSClient({ ...options, retryMode: 'standard', maxAttempts: 2, requestHandler }),
  );
  return {
    generateDataKey: async ({ keyArn, context }) => {
      const request = { KeyId: keyArn, KeySpec: 'AES_256', EncryptionContext: { ...context } } as const;
      const reply = await client.send(new GenerateDataKeyCommand(request));
      return { plain: bytes(reply.Plaintext), wrapped: bytes(reply.CiphertextBlob) };
    },
    decrypt: async ({ keyArn, context, wrapped }) => {
      const request = { KeyId: keyArn, CiphertextBlob: wrapped, EncryptionContext: { ...context } };
      return bytes((await client.send(new DecryptCommand(request))).Plaintext);
    },
  };
}

function bytes(given: Uint8Array | undefined): Uint8Array {
  if (given === undefined) throw new Error('KMS left the key out of its reply');
  return given;
}

/** Copies every input and output for a log that nobody reads. */
function withoutLog<Client extends { middlewareStack: { remove(name: string): boolean } }>(
  client: Client,
): Client {
  client.middlewareStack.remove('loggerMiddleware');
  return client;
}
