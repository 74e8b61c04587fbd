import { existsSync } from 'node:fs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { configurationError } from '../../lib/core/errors.ts';
import { dataKeyVariable } from '../../lib/lambda/environment.ts';
import { createDataKeys } from '../../lib/privacy/dataKeys.ts';
import type { KeyProvider } from '../../lib/privacy/keyProvider.ts';
import { createLocalRoot, type RootKey } from '../../lib/privacy/rootKey.ts';
import { fingerprint, keptKey, type Running, readStamp, type Stamp } from '../local/dataFolder.ts';
import { type EngineAddresses, startEngines } from '../local/engines.ts';
import { lockFolder } from '../local/folderLock.ts';
import { liveRun } from '../local/liveRun.ts';
import { createResources, localQueueUrl } from '../local/resources.ts';
import { createStores, type Stores } from '../local/stores.ts';
import { readTemplate, type Wiring } from '../local/template.ts';

export type OpenData = {
  readonly wiring: Wiring;
  readonly stamp: Stamp;
  readonly stores: Stores;
  readonly dynamoDb: DynamoDBClient;
  readonly sqs: SQSClient;
  readonly queueUrls: ReadonlyMap<string, string>;
  /** Process number of the run that this is attached to. */
  readonly attachedTo: number | undefined;
  /** Status page of that run, when it has one. */
  readonly pageUrl: string | undefined;
  /** The keys that open sealed values. */
  keys(): KeyProvider;
  /** What wraps the branch keys that wrap those. */
  root(): RootKey;
  close(): Promise<void>;
};

/**
 * Opens a data folder for reading: attaches to the run that holds it, else starts the engines on it.
 * @throws CarferryError `configuration` when there is no such folder or it is no data folder
 */
export async function openData(
  path: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<OpenData> {
  if (!existsSync(path))
    throw configurationError('--data', `there is no data folder ${path}`, 'npm start makes one');
  const stamp = readStamp(path);
  if (stamp === undefined) throw configurationError('--data', `${path} is no data folder of carferry`);
  const wiring = readTemplate();
  const { running, attachedTo, lock } = await attachOrLock(path);
  const engines = running === undefined ? await startEngines({ dataDir: path }) : undefined;
  const addresses: EngineAddresses | undefined = running ?? engines;
  if (addresses === undefined) throw configurationError('--data', `${path} cannot be opened`);

  const identity = environment['AWS_ACCESS_KEY_ID']
    ? { region: environment['AWS_REGION'] ?? 'us-east-1' }
    : { region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
  const dynamoDb = new DynamoDBClient({ ...identity, endpoint: addresses.dynamoDbUrl });
  const sqs = new SQSClient({ ...identity, endpoint: addresses.sqsUrl });
  const queueUrls =
    engines === undefined
      ? new Map(wiring.queues.map(({ name }) => [name, localQueueUrl(addresses.sqsUrl, name)]))
      : await createResources(wiring, { dynamoDb, sqs, embeddedSqsUrl: engines.sqsUrl });
  const stores = createStores(dynamoDb, wiring);
  const root = (): RootKey => createLocalRoot(masterKey(path, stamp, environment));
  return {
    wiring,
    stamp,
    stores,
    dynamoDb,
    sqs,
    queueUrls,
    attachedTo,
    pageUrl: running?.pageUrl,
    root,
    keys: () => createDataKeys({ root: root(), table: stores.keys }),
    close: async () => {
      dynamoDb.destroy();
      sqs.destroy();
      await engines?.close();
      lock?.release();
    },
  };
}

type Hold = {
  readonly running?: Running;
  readonly attachedTo?: number;
  readonly lock?: { release(): void };
};

const PATIENCE_MS = 5_000;
const LOCK_PATIENCE_MS = 200;

/**
 * The run that holds the folder, or the folder itself. A run that is just starting has not said yet where its engines
 * are, and another command tells nobody: either is waited for, and addresses that an ended run left lead nowhere.
 */
async function attachOrLock(path: string): Promise<Hold> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  for (;;) {
    const live = liveRun(path);
    if (live !== undefined) return { running: live.running, attachedTo: live.pid };
    try {
      return { lock: await lockFolder(path, { patienceMs: LOCK_PATIENCE_MS }) };
    } catch (thrown) {
      if (performance.now() > giveUpAt) throw thrown;
    }
  }
}

/** The key that sealed this folder. */
export function masterKey(
  path: string,
  stamp: Stamp,
  environment: Readonly<Record<string, string | undefined>>,
): Uint8Array {
  const given = environment['CARFERRY_DATA_KEY'] || keptKey(path, stamp);
  const key = dataKeyVariable.safeParse(given);
  if (!key.success || fingerprint(given) !== stamp.keyFingerprint) {
    throw configurationError('CARFERRY_DATA_KEY', `CARFERRY_DATA_KEY is not the key that sealed ${path}`);
  }
  return key.data;
}
