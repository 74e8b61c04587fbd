import {
  CreateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import type * as z from 'zod';
import { configurationError } from '../../lib/core/errors.ts';
import { readDocument } from '../../lib/lambda/secretsDocuments.ts';
import { commandForSecret } from '../../lib/lambda/secretsManager.ts';
import { awsClientOptions, explainAws, type StageFlags } from './stageFlags.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** One secret of a stage, read and changed whole. */
export type StageSecret<Document> = {
  readonly name: string;
  /** Undefined: there is no such secret yet. */
  read(): Promise<Document | undefined>;
  /** Writes what `change` makes of the present document; asked again when another writer came first. */
  change(change: (present: Document | undefined) => Document): Promise<void>;
};

const CURRENT = 'AWSCURRENT';
/** Holds a version until it becomes the current one. */
const PENDING = 'CARFERRYPENDING';
const MOST_TRIES = 5;
/** Secrets Manager takes 64 KiB. */
const MOST_BYTES = 60_000;

/**
 * Opens the secrets `carferry-<stage>/…`, which exist before the stage is deployed.
 * @throws CarferryError `configuration`: no region, no credentials, a region that does not answer
 */
export function openStageSecrets(flags: StageFlags, environment: Environment) {
  const client = new SecretsManagerClient(awsClientOptions(flags, environment));

  async function sent<T>(sending: Promise<T>): Promise<T> {
    try {
      return await sending;
    } catch (thrown) {
      throw isNamed(
        thrown,
        'ResourceNotFoundException',
        'ResourceExistsException',
        'InvalidParameterException',
      )
        ? thrown
        : explainAws(thrown, flags, environment);
    }
  }

  function secret<Schema extends z.ZodType>(part: string, schema: Schema): StageSecret<z.output<Schema>> {
    const name = `carferry-${flags.stage}/${part}`;

    async function readVersion() {
      try {
        const { SecretString = '', VersionId } = await sent(
          client.send(new GetSecretValueCommand({ SecretId: name })),
        );
        return { document: readDocument(schema, name, SecretString, commandForSecret(name)), VersionId };
      } catch (thrown) {
        if (isNamed(thrown, 'ResourceNotFoundException')) return undefined;
        throw thrown;
      }
    }

    /** False when another writer came first: the label moves only from the version that was read. */
    async function write(text: string, seen: string | undefined): Promise<boolean> {
      try {
        if (seen === undefined) {
          await sent(client.send(new CreateSecretCommand({ Name: name, SecretString: text })));
          return true;
        }
        const put = { SecretId: name, SecretString: text, VersionStages: [PENDING] };
        const { VersionId } = await sent(client.send(new PutSecretValueCommand(put)));
        const move = { MoveToVersionId: VersionId, RemoveFromVersionId: seen };
        const stage = { SecretId: name, VersionStage: CURRENT, ...move };
        await sent(client.send(new UpdateSecretVersionStageCommand(stage)));
        return true;
      } catch (thrown) {
        if (isNamed(thrown, 'ResourceExistsException', 'InvalidParameterException')) return false;
        throw thrown;
      }
    }

    return {
      name,
      read: async () => (await readVersion())?.document,
      async change(change) {
        for (let tries = 0; tries < MOST_TRIES; tries += 1) {
          const seen = await readVersion();
          const text = JSON.stringify(change(seen?.document));
          if (Buffer.byteLength(text) > MOST_BYTES) {
            throw configurationError(
              name,
              `${name} would hold more than ${MOST_BYTES} bytes`,
              'use a second stage',
            );
          }
          if (await write(text, seen?.VersionId)) return;
        }
        throw configurationError(name, `${name} is being changed by others`, 'try again');
      },
    };
  }

  return { secret, close: () => client.destroy() };
}

function isNamed(thrown: unknown, ...names: readonly string[]): boolean {
  return thrown instanceof Error && names.includes(thrown.name);
}
