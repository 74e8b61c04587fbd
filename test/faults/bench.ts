import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type Message, SQSClient } from '@aws-sdk/client-sqs';
import { startEngines } from '../../infra/local/engines.ts';
import { readTemplate } from '../../infra/local/template.ts';
import { type Handling, ROLES, type Role, startCrew } from './crew.ts';
import { DATA_KEY, environmentOf, type Ground, layGround } from './ground.ts';
import type { Ended, Worker } from './worker.ts';
import { momentsOf, storyWorld, type World } from './world.ts';

/** What an event source handed over. */
export type Batch = {
  readonly fn: string;
  readonly queue: string;
  readonly messages: readonly Message[];
  readonly event: unknown;
};

/** Embedded engines, a world, and two processes that run the real functions behind fault proxies. */
export type Bench = {
  readonly dynamoDb: DynamoDBClient;
  readonly sqs: SQSClient;
  readonly dataKey: string;
  /** Of the present cell. */
  ground(): Ground;
  /** Fresh tables and queues, and the small world unless another is given. */
  begin(world?: World): Promise<Ground>;
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
  /** Variables of a worker, as they are without `tune`. */
  environment(role: Role): Readonly<Record<string, string>>;
  /** Cold environments with these variables besides the usual ones. */
  tune(variables: Readonly<Record<string, string>>): void;
  /** Epoch ms by the workers' clocks. */
  now(): number;
  /** Sets the clocks of all workers ahead of the host's. */
  advance(ms: number): void;
  close(): Promise<void>;
};

/** Tables of earlier cells are of no use; the engines begin anew after so many. */
const CELLS_PER_ENGINE = 60;
const LONG_MS = 30_000;
const AWS = { region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };

async function startServers() {
  const engines = await startEngines();
  const dynamoDb = new DynamoDBClient({ ...AWS, endpoint: engines.dynamoDbUrl });
  const sqs = new SQSClient({ ...AWS, endpoint: engines.sqsUrl });
  return {
    engines,
    dynamoDb,
    sqs,
    close: async () => {
      dynamoDb.destroy();
      sqs.destroy();
      await engines.close();
    },
  };
}

export async function startBench(): Promise<Bench> {
  const template = readTemplate();
  const moments = momentsOf(Date.now());
  const ends = new Map<Role, number>();
  let servers = await startServers();
  let ground: Ground | undefined;
  let [cells, environments, offsetMs] = [0, 0, 0];
  let tuned: Readonly<Record<string, string>> = {};

  const crew = await startCrew((role, exchange, forward) =>
    bench.handling(role, exchange, async (changed) => {
      const reply = await forward(changed);
      ground?.watch.after(exchange, reply);
      return reply;
    }),
  );

  function settle(role: Role, worker: Worker = crew.worker(role)): void {
    environments += 1;
    const cell = `${bench.ground().stage}.${environments}`;
    worker.tell({ kind: 'begin', cell, environment: { ...bench.environment(role), ...tuned } });
    worker.tell({ kind: 'clock', offsetMs });
  }
  const alive = (role: Role): Promise<Worker> => crew.alive(role, (worker) => settle(role, worker));

  const bench: Bench = {
    get dynamoDb() {
      return servers.dynamoDb;
    },
    get sqs() {
      return servers.sqs;
    },
    dataKey: DATA_KEY,
    ground: () => {
      if (ground === undefined) throw new Error('the bench has not begun');
      return ground;
    },
    handling: (_role, _exchange, forward) => forward(),
    endsAt: (role) => ends.get(role) ?? 0,
    inHand: undefined,
    keptBatches: 0,
    invoke: async (role, name, event, timeoutMs = LONG_MS) => {
      const worker = await alive(role);
      ends.set(role, Date.now() + timeoutMs);
      return await worker.invoke(name, event, timeoutMs);
    },
    worker: (role) => crew.worker(role),
    environment: (role) => environmentOf(bench.ground(), crew.addresses(role)),
    tune: (variables) => {
      tuned = variables;
      for (const role of ROLES) settle(role);
    },
    now: () => Date.now() + offsetMs,
    advance: (ms) => {
      offsetMs += ms;
      for (const role of ROLES) crew.worker(role).tell({ kind: 'clock', offsetMs });
    },
    async begin(world = storyWorld(moments)) {
      await ground?.simulator.close();
      cells += 1;
      if (cells % CELLS_PER_ENGINE === 0) {
        const before = servers;
        servers = await startServers();
        await before.close();
      }
      [offsetMs, tuned] = [0, {}];
      bench.inHand = undefined;
      bench.keptBatches = 0;
      const { engines, dynamoDb, sqs } = servers;
      ground = await layGround({ stage: `c${cells}`, template, world, dynamoDb, sqs, addresses: engines });
      crew.aim({ ...engines, topUrl: ground.simulator.url });
      for (const role of ROLES) {
        await alive(role);
        settle(role);
      }
      return ground;
    },
    async close() {
      await crew.close();
      await ground?.simulator.close();
      await servers.close();
    },
  };
  return bench;
}
