import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CarferryError, configurationError } from '../core/errors.ts';
import { createAwsTransport } from './awsTransport.ts';

/** Short, because an invocation waits: the former value is used when this takes longer. */
const TIMEOUTS = { connect: 1000, request: 2000 };

/** Reads the text of one secret by its name, as `carferry-dev/app`. */
export type ReadSecret = (name: string) => Promise<string>;

/**
 * Reads secrets from Secrets Manager; the client is made at the first question, never at cold start.
 * @throws CarferryError `configuration` when the secret is not there or this role may not read it, else `retry`
 *   `secrets-unavailable`; never with a value
 */
export function createReadSecret(): ReadSecret {
  let made: ReturnType<typeof makeGet> | undefined;
  function makeGet() {
    const client = new SecretsManagerClient({
      maxAttempts: 3,
      retryMode: 'standard',
      requestHandler: createAwsTransport(TIMEOUTS),
    });
    // Copies every output for a log.
    client.middlewareStack.remove('loggerMiddleware');
    return (SecretId: string) => client.send(new GetSecretValueCommand({ SecretId }));
  }
  return async (name) => {
    made ??= makeGet();
    const { SecretString } = await made(name).catch((thrown: unknown) => {
      throw secretError(name, thrown);
    });
    if (SecretString === undefined) throw missingSecret(name, `the secret ${name} holds no text`);
    return SecretString;
  };
}

/** The command that makes or repairs a secret `carferry-<stage>/<part>`. */
export function commandForSecret(name: string): string {
  const [, stage = 'STAGE', part = ''] = /^carferry-([^/]+)\/(\w+)$/.exec(name) ?? [];
  const command = part === 'app' ? 'app set-secret' : 'shops add SHOP';
  return `npm run -s carferry -- ${command} --stage ${stage}`;
}

function missingSecret(name: string, message: string): CarferryError {
  return configurationError(name, message, commandForSecret(name));
}

function secretError(name: string, thrown: unknown): CarferryError {
  const code = thrown instanceof Error ? thrown.name : '';
  if (code === 'ResourceNotFoundException') return missingSecret(name, `there is no secret ${name}`);
  if (code === 'AccessDeniedException') {
    return configurationError(name, `this role may not read the secret ${name}`, 'deploy this version again');
  }
  return new CarferryError({
    disposition: 'retry',
    reason: 'secrets-unavailable',
    message: `the secret ${name} could not be read`,
    field: name,
    cause: thrown,
  });
}
