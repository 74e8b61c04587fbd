import { AsyncLocalStorage } from 'node:async_hooks';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';

const CLIENTS = {
  dynamodb: DynamoDBClient,
  kms: KMSClient,
  secretsmanager: SecretsManagerClient,
  sqs: SQSClient,
} as const;

type Service = keyof typeof CLIENTS;

/** One command that was given to the SDK; the SDK's own repetitions are not counted. */
export type AwsCall = {
  /** The function that sent it; undefined for the local run itself, e.g. its event sources. */
  readonly by: string | undefined;
  readonly service: Service;
  /** E.g. `GetItem`. */
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
};

/** Around every command; answers what `proceed` answers, or throws as the service would. */
export type Around = (call: AwsCall, proceed: () => Promise<unknown>) => Promise<unknown>;

export type CallRecorder = {
  /** Everything that `run` sends, and what it starts sends, is `name`'s. */
  inside<T>(name: string, run: () => Promise<T>): Promise<T>;
  stop(): void;
};

/**
 * Watches every AWS client of this process, whoever has made it, by what it is asked to send. The code that is
 * watched knows nothing of it.
 */
export function recordCalls(around: Around): CallRecorder {
  const sender = new AsyncLocalStorage<string>();
  const services: Service[] = ['dynamodb', 'kms', 'secretsmanager', 'sqs'];
  for (const service of services) {
    const { prototype } = CLIENTS[service];
    const send: unknown = Reflect.get(prototype, 'send');
    if (typeof send !== 'function') throw new Error('the SDK has another shape');
    Reflect.set(prototype, 'send', function (this: unknown, ...given: [Command, ...unknown[]]) {
      const [{ input, constructor: kind }] = given;
      const operation = kind.name.replace(/^_?(.*)Command$/, '$1');
      const call = { by: sender.getStore(), service, operation, input };
      return around(call, async () => await Reflect.apply(send, this, given));
    });
  }
  return {
    inside: (name, run) => sender.run(name, run),
    stop: () => {
      for (const { prototype } of Object.values(CLIENTS)) Reflect.deleteProperty(prototype, 'send');
    },
  };
}

type Command = {
  readonly input: Record<string, unknown>;
  readonly constructor: { readonly name: string };
};
