import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { permitSellers } from '../../infra/cli/permitSellers.ts';
import type { EngineAddresses } from '../../infra/local/engines.ts';
import { functionEnvironment } from '../../infra/local/functionEnvironment.ts';
import { createResources, localQueueUrl } from '../../infra/local/resources.ts';
import { readSettings } from '../../infra/local/settings.ts';
import { type Simulator, startSimulator } from '../../infra/local/simulator/simulator.ts';
import { createStores, type Stores } from '../../infra/local/stores.ts';
import type { Wiring } from '../../infra/local/template.ts';
import { createWatch, type Watch } from './watch.ts';
import type { Moments, World } from './world.ts';

/** One cell's own tables, queues and world. */
export type Ground = {
  readonly stage: string;
  readonly wiring: Wiring;
  readonly stores: Stores;
  readonly queueUrls: ReadonlyMap<string, string>;
  readonly simulator: Simulator;
  readonly moments: Moments;
  readonly trades: World['trades'];
  /** Seller nicks of the configured shops. */
  readonly sellers: readonly string[];
  readonly watch: Watch;
  control(path: string, method?: string, body?: unknown): Promise<unknown>;
};

/** Where a worker finds its servers. */
export type Addresses = EngineAddresses & { readonly topUrl: string };

export const DATA_KEY = Buffer.alloc(32, 7).toString('base64');

const TUNED = {
  SETTLE_SECONDS: '1',
  OVERLAP_SECONDS: '300',
  // Several pages per window, so that there are places between them.
  TRADE_PAGE_SIZE: '2',
  PULL_MESSAGES: 'on',
  TZ: 'UTC',
  LOG_LEVEL: process.env['FAULT_WORKER_LOGS'] ?? 'SILENT',
};

/** The variables of a worker that reaches its servers at these addresses. */
export function environmentOf(
  { wiring, simulator, sellers }: Pick<Ground, 'wiring' | 'simulator' | 'sellers'>,
  { dynamoDbUrl, sqsUrl, topUrl }: Addresses,
): Record<string, string> {
  const { appKey, appSecret, targetAppKey, shops } = simulator.info;
  const gateway = {
    TOP_GATEWAY_URL: simulator.topUrl.replace(simulator.url, topUrl),
    QIMEN_GATEWAY_URL: simulator.qimenUrl.replace(simulator.url, topUrl),
    TOP_APP_KEY: appKey,
    TOP_APP_SECRET: appSecret,
    QIMEN_TARGET_APP_KEY: targetAppKey,
    CARFERRY_SHOPS: JSON.stringify(shops.filter(({ sellerNick }) => sellers.includes(sellerNick))),
  };
  const parts = {
    settings: readSettings({}),
    gateway,
    simulated: true,
    dataKey: DATA_KEY,
    dynamoDbUrl,
    sqsUrl,
    queueUrl: (name: string) => localQueueUrl(sqsUrl, name),
  };
  return { ...functionEnvironment(wiring, parts, {}), ...TUNED };
}

export type GroundParts = {
  readonly stage: string;
  /** As of stage `local`. */
  readonly template: Wiring;
  readonly world: World;
  readonly dynamoDb: DynamoDBClient;
  readonly sqs: SQSClient;
  readonly addresses: EngineAddresses;
};

/** Makes the tables, queues and world of a cell; the world stands still at its first moment. */
export async function layGround(parts: GroundParts): Promise<Ground> {
  const { stage, template, world, dynamoDb, sqs, addresses } = parts;
  const wiring: Wiring = JSON.parse(JSON.stringify(template).replaceAll('-local-', `-${stage}-`));
  const { moments, trades, messagesOf } = world;
  const simulator = await startSimulator(world.simulator);
  const queueUrls = await createResources(wiring, { dynamoDb, sqs, embeddedSqsUrl: addresses.sqsUrl });
  const stores = createStores(dynamoDb, { service: wiring.service, stage });
  // The shop of published samples has ids of its own in every world; it stays out.
  const sellers = simulator.info.shops.slice(0, -1).map(({ sellerNick }) => sellerNick);
  const control = async (path: string, method = 'GET', body?: unknown): Promise<unknown> => {
    const sent = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    const parsed: unknown = await (await fetch(`${simulator.url}/_sim/${path}`, sent)).json();
    return parsed;
  };
  const watch = createWatch();
  const ground = { stage, wiring, stores, queueUrls, simulator, moments, trades, sellers, watch, control };
  await control('freeze', 'POST', { at: moments.first });
  const direct = environmentOf(ground, { ...addresses, topUrl: simulator.url });
  for (const shop of messagesOf ?? sellers) await permitSellers(direct, { shop });
  return ground;
}
