import { randomBytes } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { createDynamoDb, createSqs } from '../../lib/lambda/awsClients.ts';
import { readLocalSecrets } from '../../lib/lambda/secrets.ts';
import { type DataFolder, type Origin, openDataFolder, shopsFolderOf } from './dataFolder.ts';
import { type EngineProcess, startEngineProcess } from './engineProcess.ts';
import { functionEnvironment } from './functionEnvironment.ts';
import { createInvoke, type Invoke, loadHandlers } from './invoke.ts';
import { startTicks } from './processes.ts';
import { createResources, localQueueUrl } from './resources.ts';
import type { Settings } from './settings.ts';
import { createStores, type Stores } from './stores.ts';
import { readTemplate, type Wiring } from './template.ts';

/** The whole system of one run: engines, environment, resources, functions. Nothing is pulled yet. */
export type System = {
  readonly wiring: Wiring;
  readonly origin: Origin;
  /** Control address of the simulator, when one runs. */
  readonly simulatorUrl: string | undefined;
  readonly region: string;
  readonly settleMs: number;
  readonly lookbackMs: number;
  readonly shops: readonly string[];
  readonly dynamoDb: DynamoDBClient;
  readonly sqs: SQSClient;
  readonly queueUrls: ReadonlyMap<string, string>;
  readonly stores: Stores;
  readonly invoke: Invoke;
  /** Resolves when the engines end although nobody stopped them. */
  readonly enginesLost: Promise<void>;
  /** Tells the CLI where the status page is. */
  announcePage(url: string): void;
  close(): Promise<void>;
};

export type SystemOptions = {
  readonly settings: Settings;
  /** Data folder; undefined keeps nothing. */
  readonly data: string | undefined;
  /** The environment that the functions will read; completed here before they are imported. */
  readonly environment: NodeJS.ProcessEnv;
};

export async function startSystem({ settings, data, environment }: SystemOptions): Promise<System> {
  const wiring = readTemplate();
  const chooseOrigin = (kept: Origin | undefined): Origin => originOf(settings, kept);
  const folder =
    data === undefined
      ? undefined
      : await openDataFolder(data, { origin: chooseOrigin, dataKey: settings.dataKey });
  let engines: EngineProcess | undefined;
  try {
    const origin = folder?.origin ?? chooseOrigin(undefined);
    engines = await startEngineProcess({
      dataDir: data,
      ...(origin.gateway === 'simulator' ? { simulator: origin } : {}),
    });
    return await completeSystem({
      wiring,
      settings,
      folder,
      engines,
      origin,
      environment,
      isAttached: false,
    });
  } catch (error) {
    await engines?.stop();
    folder?.close();
    throw error;
  }
}

export type SystemParts = {
  wiring: Wiring;
  settings: Settings;
  folder: DataFolder | undefined;
  engines: EngineProcess;
  origin: Origin;
  environment: NodeJS.ProcessEnv;
  /** The folder belongs to another process. */
  isAttached: boolean;
};

/** Environment, resources and functions, over engines that run already. */
export async function completeSystem(parts: SystemParts): Promise<System> {
  const { wiring, settings, folder, engines, origin, environment } = parts;
  const { simulator } = engines;
  const dynamoDbUrl = settings.dynamoDbUrl ?? engines.dynamoDbUrl;
  const sqsUrl = settings.sqsUrl ?? engines.sqsUrl;
  const gateway = settings.gateway ?? gatewayOf(simulator);
  const variablesFrom = {
    settings,
    gateway,
    simulated: simulator !== undefined,
    dataKey: folder?.dataKey ?? settings.dataKey ?? randomBytes(32).toString('base64'),
    dynamoDbUrl,
    sqsUrl,
    shopsFolder: folder === undefined ? undefined : shopsFolderOf(folder.path),
  };
  const given = { ...environment };
  const early = functionEnvironment(
    wiring,
    { ...variablesFrom, queueUrl: (name) => localQueueUrl(sqsUrl, name) },
    given,
  );
  Object.assign(environment, early);
  // What `carferry shops` has set is checked before anything is asked of anybody.
  const { CARFERRY_SHOPS: shops = gateway['CARFERRY_SHOPS'] } = readLocalSecrets(environment)(Date.now());

  const dynamoDb = createDynamoDb();
  const sqs = createSqs();
  const embeddedSqsUrl = settings.sqsUrl === undefined ? sqsUrl : undefined;
  const queueUrls = await createResources(wiring, { dynamoDb, sqs, embeddedSqsUrl });
  const queueUrl = (name: string): string => queueUrls.get(name) ?? name;
  const variables = functionEnvironment(wiring, { ...variablesFrom, queueUrl }, given);
  Object.assign(environment, variables);

  const running = {
    pid: process.pid,
    ticks: startTicks(process.pid),
    enginePid: engines.pid,
    engineTicks: engines.ticks,
    dynamoDbUrl,
    sqsUrl,
    simulatorUrl: simulator?.url,
  };
  folder?.writeRunning(running);
  const region = variables['AWS_REGION'] ?? 'us-east-1';
  const invoke = createInvoke(wiring.functions, await loadHandlers(wiring), region);
  const stores = createStores(dynamoDb, wiring);
  if (folder !== undefined && !parts.isAttached && settings.dynamoDbUrl === undefined) {
    await releaseLeases(stores);
  }
  let closing = false;
  return {
    wiring,
    origin,
    simulatorUrl: simulator?.url,
    region,
    settleMs: Number(variables['SETTLE_SECONDS'] ?? '120') * 1000,
    lookbackMs: Number(variables['LOOKBACK_DAYS'] ?? '90') * DAY_MS,
    shops: shopNames(shops),
    dynamoDb,
    sqs,
    queueUrls,
    stores,
    invoke,
    enginesLost: new Promise((resolve) => void engines.ended.then(() => !closing && resolve())),
    announcePage: (url) => folder?.writeRunning({ ...running, pageUrl: url }),
    close: async () => {
      closing = true;
      dynamoDb.destroy();
      sqs.destroy();
      await engines.stop();
      folder?.close();
    },
  };
}

const DAY_MS = 86_400_000;
const DEFAULT_WORLD = { seed: 'carferry', trades: 400, shops: 3, anchorAt: undefined };

/** What the settings say a run is for; a simulated world goes on as the folder kept it. */
export function originOf({ gateway, world }: Settings, kept: Origin | undefined): Origin {
  if (gateway !== undefined) return { gateway: 'real', appKey: gateway['TOP_APP_KEY'] ?? '' };
  const before = kept?.gateway === 'simulator' ? kept : DEFAULT_WORLD;
  return {
    gateway: 'simulator',
    seed: world.seed ?? before.seed,
    anchorAt: world.anchorAt ?? before.anchorAt ?? Date.now(),
    trades: world.trades ?? before.trades,
    shops: world.shops ?? before.shops,
  };
}

function gatewayOf(simulator: EngineProcess['simulator']): Record<string, string> {
  if (simulator === undefined) throw new Error('the simulator did not start');
  return {
    TOP_GATEWAY_URL: simulator.topUrl,
    QIMEN_GATEWAY_URL: simulator.qimenUrl,
    TOP_APP_KEY: simulator.appKey,
    TOP_APP_SECRET: simulator.appSecret,
    QIMEN_TARGET_APP_KEY: simulator.targetAppKey,
    CARFERRY_SHOPS: JSON.stringify(simulator.shops),
  };
}

/**
 * The folder's lock proves that whoever held a stream is gone. Only liveness rests on a lease: had its holder
 * survived, its next write would be refused all the same.
 */
async function releaseLeases({ streams }: Stores): Promise<void> {
  for (const state of await streams.list()) {
    if (state.owner !== undefined) await streams.release(state);
  }
}

function shopNames(shops: string | undefined): string[] {
  const parsed: { sellerNick: string }[] = JSON.parse(shops ?? '[]');
  return parsed.map(({ sellerNick }) => sellerNick);
}
