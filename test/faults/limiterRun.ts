import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { type EngineProcess, startEngineProcess } from '../../infra/local/engineProcess.ts';
import { readTemplate } from '../../infra/local/template.ts';
import { createDynamoDb } from '../../lib/lambda/awsClients.ts';
import { type WorkerOrder, type WorkerReport, workerReportSchema } from './limiterMessages.ts';

type Priority = WorkerOrder['priority'];

/** A run of many processes against one limit. */
export type LimiterPlan = {
  /** What the gateway allows, calls per second. */
  readonly limit: number;
  /** What the processes are told it allows; default the same. Less leaves room for a machine that stalls. */
  readonly configured?: number;
  /** How many processes of each priority. */
  readonly processes: Partial<Record<Priority, number>>;
  readonly callers: number;
  readonly seconds: number;
  /** A ban that the gateway begins this long after the start. */
  readonly ban?: { readonly afterSeconds: number; readonly seconds: number };
};

export type LimiterResult = {
  /** Most calls that one second of the gateway's clock has seen. */
  readonly mostInASecond: number;
  /** Calls that were counted, by how they ended. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Share of the allowance that was used in whole seconds without a ban, after the first two. */
  readonly used: number;
  /** Milliseconds by which the latest call came after the first process had heard of a ban; below 0: none. */
  readonly latestAfterBan: number;
  readonly starts: Readonly<Record<Priority, number>>;
  /** How late nine of ten timers of this process were, ms: what the machine had left. */
  readonly timersLateMs: number;
};

/** Until everything is warm: connections, code, the time an answer of the table takes. */
const WARM_UP_MS = 2000;
const statsSchema = z.record(
  z.string(),
  z.object({ maxPerSecond: z.number(), outcomes: z.record(z.string(), z.number()) }),
);
const METHOD = 'tmall.aliauto.lead.info.get';

/** Starts gateway, table and processes, lets them call, and counts. */
export async function runLimiter(plan: LimiterPlan): Promise<LimiterResult> {
  const simulator = { seed: 'limiter', anchorAt: Date.now(), trades: 10, shops: 1 };
  // Two processes: the gateway's clock must not stand still while the table works.
  const [engines, platform] = await Promise.all([startEngineProcess({}), startEngineProcess({ simulator })]);
  const workers: Worker[] = [];
  try {
    const table = await createBudgets(engines.dynamoDbUrl);
    const gateway = gatewayOf(platform);
    await post(`${gateway.url}/_sim/quirks`, { callsPerSecond: plan.limit });
    const processes = Object.values(plan.processes).reduce((sum, count) => sum + count, 0);
    for (const [priority, count] of entriesOf(plan.processes)) {
      for (let index = 0; index < count; index += 1) {
        const { limit, configured: callsPerSecond = limit, callers } = plan;
        workers.push(startWorker({ table, callsPerSecond, processes, callers, priority, gateway }, engines));
      }
    }
    await Promise.all(workers.map(({ ready }) => ready));
    const begin = Date.now() + 500;
    const end = begin + WARM_UP_MS + plan.seconds * 1000;
    for (const { child } of workers) child.send({ begin, end });
    const lateness = watchTimers(end);
    const { ban } = plan;
    if (ban !== undefined) {
      const at = begin + WARM_UP_MS + ban.afterSeconds * 1000;
      await new Promise((resolve) => setTimeout(resolve, at - Date.now()));
      await post(`${gateway.url}/_sim/quirks`, { ban: { method: METHOD, seconds: ban.seconds } });
    }
    const reports = await Promise.all(workers.map(({ report }) => report));
    const stats = statsSchema.parse(await (await fetch(`${gateway.url}/_sim/stats`)).json())[METHOD];
    const starts = { live: 0, sweep: 0, backfill: 0 };
    reports.forEach(({ starts: made }, index) => {
      starts[workers[index]?.priority ?? 'live'] += made.length;
    });
    return {
      mostInASecond: stats?.maxPerSecond ?? 0,
      outcomes: stats?.outcomes ?? {},
      used: usedShare(reports, { from: begin + WARM_UP_MS, to: end - 500 }, plan.limit),
      latestAfterBan: latestAfterBan(reports),
      starts,
      timersLateMs: await lateness,
    };
  } finally {
    for (const { child } of workers) child.kill('SIGKILL');
    await Promise.all([engines.stop(), platform.stop()]);
  }
}

/** Calls of whole seconds in which no ban was known, as a share of what the limit allows in them. */
function usedShare(
  reports: readonly WorkerReport[],
  { from, to }: { from: number; to: number },
  limit: number,
): number {
  const bans = reports.flatMap((report) => report.bans);
  const starts = reports.flatMap((report) => report.starts);
  let [seconds, calls] = [0, 0];
  for (let second = from; second + 1000 <= to; second += 1000) {
    // A ban that ends takes up to the next second to be forgotten by all.
    if (bans.some(({ at, until }) => at < second + 1000 && until + 1000 > second)) continue;
    seconds += 1;
    calls += starts.filter((start) => start >= second && start < second + 1000).length;
  }
  return seconds === 0 ? Number.NaN : calls / (seconds * limit);
}

function latestAfterBan(reports: readonly WorkerReport[]): number {
  const bans = reports.flatMap((report) => report.bans);
  if (bans.length === 0) return -1;
  const heardAt = Math.min(...bans.map(({ at }) => at));
  const until = Math.min(...bans.map((ban) => ban.until));
  const during = reports.flatMap(({ starts }) => starts.filter((at) => at > heardAt && at < until));
  return Math.max(-1, ...during.map((at) => at - heardAt));
}

async function watchTimers(end: number): Promise<number> {
  const late: number[] = [];
  for (let now = Date.now(); now < end; ) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    const woken = Date.now();
    late.push(woken - now - 50);
    now = woken;
  }
  return late.sort((a, b) => a - b)[Math.floor(late.length * 0.9)] ?? 0;
}

type Worker = {
  readonly child: ChildProcess;
  readonly priority: Priority;
  readonly ready: Promise<void>;
  readonly report: Promise<WorkerReport>;
};

function startWorker(order: WorkerOrder, { dynamoDbUrl }: EngineProcess): Worker {
  const child = fork(new URL('limiterWorker.ts', import.meta.url), [JSON.stringify(order)], {
    execArgv: ['--import', new URL('../../tools/endWithParent.mjs', import.meta.url).href],
    env: { ...process.env, ...IDENTITY, AWS_ENDPOINT_URL_DYNAMODB: dynamoDbUrl },
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  const report = new Promise<WorkerReport>((resolve, reject) => {
    child.on('message', (message) => {
      const parsed = workerReportSchema.safeParse(message);
      if (parsed.success) resolve(parsed.data);
    });
    child.once('exit', (code) => reject(new Error(`a limiter worker ended with code ${code}`)));
  });
  const ready = new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve());
    report.catch(reject);
  });
  return { child, priority: order.priority, ready, report };
}

const IDENTITY = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };

/** The table as `infra/tables.yml` describes it; answers its name. */
async function createBudgets(dynamoDbUrl: string): Promise<string> {
  Object.assign(process.env, IDENTITY, { AWS_ENDPOINT_URL_DYNAMODB: dynamoDbUrl });
  const client = createDynamoDb();
  const wired = readTemplate().tables.find(({ name }) => name.endsWith('-budgets'));
  if (wired === undefined) throw new Error('infra/tables.yml has no table budgets');
  const name = `budgets-${randomBytes(4).toString('hex')}`;
  await client.send(new CreateTableCommand({ ...wired.create, TableName: name }));
  client.destroy();
  return name;
}

function gatewayOf({ simulator }: EngineProcess) {
  if (simulator === undefined) throw new Error('the engine process has no simulator');
  const { url, topUrl, qimenUrl, appKey, appSecret, shops } = simulator;
  const session = z.object({ session: z.string() }).parse(shops[0]).session;
  return { url, topUrl, qimenUrl, appKey, appSecret, session };
}

async function post(url: string, body: object): Promise<void> {
  const reply = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  if (!reply.ok) throw new Error(`${url} answered ${reply.status}`);
}

function entriesOf(counts: LimiterPlan['processes']): (readonly [Priority, number])[] {
  return PRIORITIES.map((priority) => [priority, counts[priority] ?? 0] as const);
}

const PRIORITIES = ['live', 'sweep', 'backfill'] as const satisfies Priority[];
