import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type EngineProcess, startEngineProcess } from '../../../infra/local/engineProcess.ts';
import { readSettings } from '../../../infra/local/settings.ts';
import { completeSystem, type System } from '../../../infra/local/system.ts';
import { readTemplate } from '../../../infra/local/template.ts';
import { startWorkers, type Workers } from '../../../infra/local/workers.ts';
import { systemClock } from '../../../lib/core/clock.ts';
import { chinaDate } from '../../../lib/domain/chinaTime.ts';
import { type Ended, start } from '../../flow/carferryProcess.ts';
import { type LambdaServer, startLambdaServer } from './lambdaServer.ts';

/* The commands that work, on a stage: its functions behind a loopback Lambda, its tables and queues in the engines. */

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const cache = mkdtempSync(join(tmpdir(), 'carferry-compiled-'));
const DAY_MS = 86_400_000;
let engines: EngineProcess;
let system: System;
let workers: Workers;
let lambda: LambdaServer;
let shop: string;
let orders: Map<string, string>;

beforeAll(async () => {
  const origin = { gateway: 'simulator', seed: 'stage', anchorAt: Date.now(), trades: 60, shops: 1 } as const;
  engines = await startEngineProcess({ simulator: origin });
  const info = engines.simulator;
  if (info === undefined) throw new Error('no simulator');
  system = await completeSystem({
    wiring: readTemplate(undefined, 'dev'),
    settings: readSettings({}),
    folder: undefined,
    engines,
    origin,
    environment: process.env,
    isAttached: false,
  });
  lambda = await startLambdaServer(system.invoke);
  workers = startWorkers(system, systemClock, () => {});
  const { sellerNick } = info.shops[0] ?? {};
  shop = String(sellerNick);
});
afterEach(() => {
  lambda.mishaps.length = 0;
  lambda.events.length = 0;
});
afterAll(async () => {
  await workers?.stop();
  await lambda?.close();
  await system?.close();
  rmSync(cache, { recursive: true, force: true });
});

function begin(...args: string[]) {
  const environment = {
    AWS_ENDPOINT_URL_DYNAMODB: engines.dynamoDbUrl,
    AWS_ENDPOINT_URL_SQS: engines.sqsUrl,
    AWS_ENDPOINT_URL_LAMBDA: lambda.url,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    NODE_COMPILE_CACHE: cache,
  };
  const all = [...args, '--stage', 'dev', '--region', 'us-east-1'];
  return start(all, environment, 'infra/cli/main.ts');
}
const cli = (...args: string[]): Promise<Ended> => begin(...args).ended;

function documentOf({ stdout, stderr, code }: Ended) {
  if (stdout === '') throw new Error(`exit code ${code}: ${stderr}`);
  return JSON.parse(stdout);
}

async function stored(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const order of system.stores.orders.scan()) found.set(order.orderId, order.createdAt ?? '');
  return found;
}
const bounds = (days: number): string[] => {
  const midnight = (ms: number): string => `${chinaDate(ms)}T00:00:00+08:00`;
  return ['--from', midnight(Date.now() - days * DAY_MS), '--to', midnight(Date.now())];
};
const removeByHand = (orderId: string) =>
  system.dynamoDb.send(
    new DeleteItemCommand({ TableName: 'carferry-dev-orders', Key: { orderId: { S: orderId } } }),
  );

describe('backfill of a stage', () => {
  it('invokes its function until the end, also when a reply is lost, and waits for the consumers', async () => {
    lambda.mishaps.push({ kind: 'lost' }, { kind: 'refused', status: 429, name: 'TooManyRequestsException' });

    const ended = await cli('backfill', '--source', 'trades', '--shop', shop, ...bounds(60), '--json');
    orders = await stored();

    const report = documentOf(ended);
    expect([ended.code, report.done], ended.stderr).toEqual([0, true]);
    expect(orders.size).toBeGreaterThan(10);
    expect(ended.stderr).toMatch(/no reply of pullTrades .*only finds the streams held/);
    expect(ended.stderr).toMatch(/does not take pullTrades now/);
    expect(ended.stderr).toMatch(/the consumers of stage dev/);
    expect(lambda.events.every(({ name }) => name === 'pullTrades')).toBe(true);
    expect(lambda.events[0]?.event).toMatchObject({ lane: 'backfill', shop });
  });

  it('stopped by Ctrl-C stops asking, says what goes on, and goes on from there', async () => {
    const command = ['backfill', '--source', 'ad-orders', ...bounds(60)];
    const stopped = begin(...command);
    await vi.waitFor(() => expect(lambda.events).toHaveLength(1), { timeout: 60_000, interval: 10 });
    stopped.child.kill('SIGINT');
    const first = await stopped.ended;
    const second = await cli(...command, '--json');

    if (first.code === 1) expect(first.stderr).toMatch(/stopped asking.*\n.*the same command goes on/s);
    else expect(first.code).toBe(0);
    expect([second.code, documentOf(second).done], second.stderr).toEqual([0, true]);
    expect(new Set(lambda.events.map(({ event }) => JSON.stringify(event))).size).toBe(1);
  });

  it('as a dry run reckons without a call', async () => {
    const { code, stdout, stderr } = await cli(
      ...['backfill', '--source', 'trades', '--shop', shop, ...bounds(30), '--dry-run', '--json'],
    );

    expect([code, JSON.parse(stdout)], stderr).toMatchObject([0, { dryRun: true, callsMade: 0, days: 30 }]);
    expect(lambda.events).toEqual([]);
  });

  it.each([
    ['an unknown shop', undefined, ['--shop', 'nobody'], 2, /--shop|has no shop/],
    [
      'a function that fails',
      { kind: 'failed', errorType: 'CarferryError', errorMessage: 'TOP_APP_KEY is missing' } as const,
      [],
      1,
      /pullTrades of stage dev failed: TOP_APP_KEY is missing .*\/aws\/lambda\/carferry-dev-pullTrades/,
    ],
    [
      'a failure that may quote anything',
      { kind: 'failed', errorType: 'TypeError', errorMessage: 'secret' } as const,
      [],
      1,
      /failed: TypeError \(/,
    ],
    [
      'credentials that may not invoke',
      { kind: 'refused', status: 403, name: 'AccessDeniedException' } as const,
      [],
      2,
      /AWS refuses these credentials/,
    ],
  ])('explains %s', async (_, mishap, more, code, words) => {
    if (mishap !== undefined) lambda.mishaps.push(mishap);
    const shops = more.length === 0 ? ['--shop', shop] : more;

    const ended = await cli('backfill', '--source', 'trades', ...shops, ...bounds(3), '--again');

    expect([ended.code, ended.stdout]).toEqual([code, '']);
    expect(ended.stderr).toMatch(words);
    expect(ended.stderr).not.toMatch(/secret/);
  });
});

describe('reconcile of a stage', () => {
  it('heals a row deleted by hand, ends green, and reckons the next one from the manifest', async () => {
    const [[orderId, createdAt] = ['', '']] = [...orders].filter(([, at]) => at < `${chinaDate(Date.now())}`);
    const day = createdAt.slice(0, 10);
    await removeByHand(orderId);

    const args = ['reconcile', '--shop', shop, '--day', day, '--source', 'trades'];
    const healed = await cli(...args, '--json');
    const dry = await cli(...args, '--dry-run', '--json');

    const { manifest, streams } = documentOf(healed);
    expect([healed.code, manifest.state, manifest.missing], healed.stderr).toEqual([0, 'green', 0]);
    expect(streams.map(({ state }: { state: string }) => state)).toEqual(['caught-up']);
    expect([...(await stored()).keys()]).toContain(orderId);
    expect(documentOf(dry)).toMatchObject({ manifest, cost: { rows: manifest.upstream } });
  });
});

describe('redrive of a stage', () => {
  it('of an id that nothing is parked under ends with 1 and says so', async () => {
    const { code, stdout, stderr } = await cli('quarantine', 'redrive', 'orders#trade#2', '--json');

    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/nothing is parked under orders#trade#2 \(see quarantine list\)/);
  });

  it('has the days of parked rows walked by the function, and says what became of them', async () => {
    const [[orderId, createdAt] = ['', '']] = orders;
    const source = 'qimen.taobao.crm.trades.info.create';
    const day = createdAt.slice(0, 10);
    const [listedFrom, listedTo] = [`${day}T00:00:00+08:00`, `${day}T23:00:00+08:00`];
    const row = { source, shop, orderId, listedBy: shop, listedFrom, listedTo, reason: 'unreadable-row' };
    await system.stores.quarantine.park({ quarantineId: `${source}#${orderId}`, seenAt: listedTo, ...row });

    const dry = await cli('quarantine', 'redrive', '--dry-run', '--json');
    const uncalled = [...lambda.events];
    const redriven = await cli('quarantine', 'redrive', '--json');
    const left = await system.stores.quarantine.count();

    expect([dry.code, uncalled, documentOf(dry).walks], dry.stderr).toEqual([
      0,
      [],
      [{ pull: 'pullTrades', shop, day }],
    ]);
    expect([redriven.code, left], redriven.stderr).toEqual([0, 0]);
    expect(documentOf(redriven).walked).toMatchObject({
      healed: 1,
      unreadable: 0,
      notMet: 0,
      unfinished: [],
    });
    expect(lambda.events[0]).toMatchObject({ name: 'pullTrades', event: { lane: 'reconcile', shop, day } });
  });
});
