import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type Message, SQSClient } from '@aws-sdk/client-sqs';
import { permitSellers } from '../../infra/cli/permitSellers.ts';
import { startEngines } from '../../infra/local/engines.ts';
import { functionEnvironment } from '../../infra/local/functionEnvironment.ts';
import { createResources, localQueueUrl } from '../../infra/local/resources.ts';
import { readSettings } from '../../infra/local/settings.ts';
import type { Scenario } from '../../infra/local/simulator/scenario/scenario.ts';
import { type Simulator, startSimulator } from '../../infra/local/simulator/simulator.ts';
import { createStores, type Stores } from '../../infra/local/stores.ts';
import { readTemplate, type Wiring } from '../../infra/local/template.ts';
import type { Service } from './effects.ts';
import { type Exchange, type FaultProxy, type Reply, startFaultProxy } from './faultProxy.ts';
import { createWatch, type Watch } from './watch.ts';
import { type Ended, startWorker, type Worker } from './worker.ts';
import { faultWorld, type Moments, momentsOf, SHOPS } from './world.ts';

/** Who runs an invocation: `subject` meets the faults, `rival` is the other holder, tick or duplicate. */
export type Role = 'subject' | 'rival';
const ROLES = ['subject', 'rival'] as const;
const SERVICES = ['dynamoDb', 'sqs', 'top'] as const;

export type Handling = (
  role: Role,
  exchange: Exchange,
  forward: (changed?: string) => Promise<Reply>,
) => Promise<Reply | 'lost'>;

/** One cell's own tables, queues and world. */
export type Ground = {
  readonly stage: string;
  readonly wiring: Wiring;
  readonly stores: Stores;
  readonly queueUrls: ReadonlyMap<string, string>;
  readonly simulator: Simulator;
  readonly moments: Moments;
  readonly trades: Scenario['trades'];
  readonly watch: Watch;
  readonly environment: Readonly<Record<string, string>>;
  control(path: string, method?: string, body?: unknown): Promise<unknown>;
};

/** What an event source handed over. */
export type Batch = {
  readonly fn: string;
  readonly queue: string;
  readonly messages: readonly Message[];
  readonly event: unknown;
};

export type Bench = {
  readonly dynamoDb: DynamoDBClient;
  readonly sqs: SQSClient;
  readonly dataKey: string;
  /** Of the present cell. */
  ground(): Ground;
  begin(): Promise<Ground>;
  /** What becomes of the requests of both workers. */
  handling: Handling;
  /** When the last invocation of this role meets its time limit, epoch ms of the host. */
  endsAt(role: Role): number;
  /** The messages of the subject's last batch. */
  inHand: Batch | undefined;
  /** How many batches are not deleted although they are done: Lambda's own delete fails. */
  keptBatches: number;
  invoke(role: Role, name: string, event: unknown, timeoutMs?: number): Promise<Ended>;
  worker(role: Role): Worker;
  /** Cold environments with these variables besides the usual ones. */
  tune(variables: Readonly<Record<string, string>>): void;
  /** Epoch ms by the workers' clocks. */
  now(): number;
  /** Sets the clocks of all workers ahead of the host's. */
  advance(ms: number): void;
  close(): Promise<void>;
};

const TUNED = {
  SETTLE_SECONDS: '1',
  OVERLAP_SECONDS: '300',
  LOOKBACK_DAYS: '3',
  // Several pages per window, so that there are places between them.
  TRADE_PAGE_SIZE: '2',
  PULL_MESSAGES: 'on',
  TZ: 'UTC',
  LOG_LEVEL: process.env['FAULT_WORKER_LOGS'] ?? 'SILENT',
};
/** Tables of earlier cells are of no use; the engines begin anew after so many. */
const CELLS_PER_ENGINE = 60;
const LONG_MS = 30_000;

export async function startBench(): Promise<Bench> {
  const aws = { region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
  const template = readTemplate();
  const dataKey = Buffer.alloc(32, 7).toString('base64');
  let engines = await startEngines();
  const clients = () => ({
    dynamoDb: new DynamoDBClient({ ...aws, endpoint: engines.dynamoDbUrl }),
    sqs: new SQSClient({ ...aws, endpoint: engines.sqsUrl }),
  });
  let { dynamoDb, sqs } = clients();
  let ground: Ground | undefined;
  let [cells, environments, offsetMs] = [0, 0, 0];
  let tuned: Readonly<Record<string, string>> = {};

  const proxies = new Map<string, FaultProxy>();
  const workers = new Map<Role, Worker>();
  const ends = new Map<Role, number>();
  const moments = momentsOf(Date.now());
  let spare = startWorker();
  for (const role of ROLES) {
    workers.set(role, await startWorker());
    for (const service of SERVICES) {
      const proxy = await startFaultProxy(service, async (exchange, forward) => {
        const watched = async (changed?: string): Promise<Reply> => {
          const reply = await forward(changed);
          ground?.watch.after(exchange, reply);
          return reply;
        };
        return await bench.handling(role, exchange, watched);
      });
      proxies.set(`${role} ${service}`, proxy);
    }
  }
  const proxyOf = (role: Role, service: Service): FaultProxy => known(proxies.get(`${role} ${service}`));

  function environmentOf(role: Role, wiring: Wiring, simulator: Simulator): Record<string, string> {
    const { appKey, appSecret, targetAppKey, shops } = simulator.info;
    const [top, sqsUrl] = [proxyOf(role, 'top').url, proxyOf(role, 'sqs').url];
    const gateway = {
      TOP_GATEWAY_URL: simulator.topUrl.replace(simulator.url, top),
      QIMEN_GATEWAY_URL: simulator.qimenUrl.replace(simulator.url, top),
      TOP_APP_KEY: appKey,
      TOP_APP_SECRET: appSecret,
      QIMEN_TARGET_APP_KEY: targetAppKey,
      // The shop of published samples has ids of its own in every world; it stays out.
      CARFERRY_SHOPS: JSON.stringify(shops.slice(0, SHOPS.length)),
    };
    const parts = {
      settings: readSettings({}),
      gateway,
      simulated: true,
      dataKey,
      dynamoDbUrl: proxyOf(role, 'dynamoDb').url,
      sqsUrl,
      queueUrl: (name: string) => localQueueUrl(sqsUrl, name),
    };
    return { ...functionEnvironment(wiring, parts, {}), ...TUNED };
  }

  function settle(role: Role): void {
    const { stage, environment, wiring, simulator } = known(ground);
    const own = role === 'subject' ? environment : environmentOf(role, wiring, simulator);
    const worker = known(workers.get(role));
    environments += 1;
    worker.tell({ kind: 'begin', cell: `${stage}.${environments}`, environment: { ...own, ...tuned } });
    worker.tell({ kind: 'clock', offsetMs });
  }

  /** A dead worker is replaced by the spare one, so that nobody waits for a process to start. */
  async function alive(role: Role): Promise<Worker> {
    const worker = known(workers.get(role));
    if (worker.isAlive()) return worker;
    const next = await spare;
    spare = startWorker();
    workers.set(role, next);
    settle(role);
    return next;
  }

  async function renewEngines(): Promise<void> {
    const before = { engines, dynamoDb, sqs };
    engines = await startEngines();
    ({ dynamoDb, sqs } = clients());
    before.dynamoDb.destroy();
    before.sqs.destroy();
    await before.engines.close();
  }

  const bench: Bench = {
    get dynamoDb() {
      return dynamoDb;
    },
    get sqs() {
      return sqs;
    },
    dataKey,
    ground: () => known(ground),
    handling: (_role, _exchange, forward) => forward(),
    endsAt: (role) => ends.get(role) ?? 0,
    inHand: undefined,
    keptBatches: 0,
    invoke: async (role, name, event, timeoutMs = LONG_MS) => {
      const worker = await alive(role);
      ends.set(role, Date.now() + timeoutMs);
      return await worker.invoke(name, event, timeoutMs);
    },
    worker: (role) => known(workers.get(role)),
    tune: (variables) => {
      tuned = variables;
      for (const role of ROLES) settle(role);
    },
    now: () => Date.now() + offsetMs,
    advance: (ms) => {
      offsetMs += ms;
      for (const worker of workers.values()) worker.tell({ kind: 'clock', offsetMs });
    },
    async begin() {
      await ground?.simulator.close();
      cells += 1;
      if (cells % CELLS_PER_ENGINE === 0) await renewEngines();
      offsetMs = 0;
      bench.inHand = undefined;
      bench.keptBatches = 0;
      tuned = {};
      const stage = `c${cells}`;
      const wiring: Wiring = JSON.parse(JSON.stringify(template).replaceAll('-local-', `-${stage}-`));
      const scenario = faultWorld('faults', moments);
      const simulator = await startSimulator({ scenario, anchorAt: moments.second });
      for (const role of ROLES) {
        proxyOf(role, 'dynamoDb').aim(engines.dynamoDbUrl);
        proxyOf(role, 'sqs').aim(engines.sqsUrl);
        proxyOf(role, 'top').aim(simulator.url);
      }
      const queueUrls = await createResources(wiring, { dynamoDb, sqs, embeddedSqsUrl: engines.sqsUrl });
      const control = async (path: string, method = 'GET', body?: unknown): Promise<unknown> => {
        const sent = body === undefined ? { method } : { method, body: JSON.stringify(body) };
        const parsed: unknown = await (await fetch(`${simulator.url}/_sim/${path}`, sent)).json();
        return parsed;
      };
      const environment = environmentOf('subject', wiring, simulator);
      const stores = createStores(dynamoDb, { service: wiring.service, stage });
      ground = {
        stage,
        wiring,
        stores,
        queueUrls,
        simulator,
        moments,
        trades: scenario.trades,
        watch: createWatch(),
        environment,
        control,
      };
      await control('freeze', 'POST', { at: moments.first });
      await permitSellers(
        { ...environment, TOP_GATEWAY_URL: simulator.topUrl, QIMEN_GATEWAY_URL: simulator.qimenUrl },
        // Of the other shop no message comes: its changes are left to the sweeps.
        { shop: SHOPS[0] },
      );
      for (const role of ROLES) {
        await alive(role);
        settle(role);
      }
      return ground;
    },
    async close() {
      await Promise.all([
        ...[...workers.values()].map((worker) => worker.stop()),
        spare.then((one) => one.stop()),
      ]);
      await ground?.simulator.close();
      await Promise.all([...proxies.values()].map((proxy) => proxy.close()));
      dynamoDb.destroy();
      sqs.destroy();
      await engines.close();
    },
  };
  return bench;
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the bench has not begun');
  return value;
}
