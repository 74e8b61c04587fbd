import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { readRunning } from '../../infra/local/dataFolder.ts';
import { createDuesTable } from '../../lib/store/duesTable.ts';
import { createShopsTable } from '../../lib/store/shopsTable.ts';
import { exported, type Running, SMALL_WORLD, start, summaryOf, temporaryFolder } from './carferryProcess.ts';
import { exportedOrderSchema, factsFound, factsOf, truthSchema } from './quirkRun.ts';

/* A running system whose seller's session expires, and one command: the gap is caught up without anything else. */

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const RENEWED = 'simulator-invented-session-renewed';
const root = join(import.meta.dirname, '..', '..');
const infoSchema = z.object({ shops: z.array(z.object({ sellerNick: z.string() })) });

const folder = temporaryFolder();
let running: Running;
let client: DynamoDBClient;
let simulatorUrl: string;

beforeAll(async () => {
  running = start(['--data', folder.path, '--port', '0', '--json'], SMALL_WORLD);
  const found = await vi.waitFor(
    () => {
      const addresses = readRunning(folder.path);
      if (addresses?.simulatorUrl === undefined) throw new Error(running.stderr());
      return { ...addresses, simulatorUrl: addresses.simulatorUrl };
    },
    { timeout: 60_000, interval: 20 },
  );
  simulatorUrl = found.simulatorUrl;
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  client = new DynamoDBClient({ endpoint: found.dynamoDbUrl, region: 'us-east-1', credentials });
});
afterAll(async () => {
  client.destroy();
  running.child.kill('SIGKILL');
  await running.ended;
  folder.remove();
});

async function control(path: string, method = 'GET', body?: unknown): Promise<unknown> {
  const sent = body === undefined ? { method } : { method, body: JSON.stringify(body) };
  const reply: unknown = await (await fetch(`${simulatorUrl}/_sim/${path}`, sent)).json();
  return reply;
}

function carferry(args: readonly string[], input: string): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [join(root, 'infra/cli/main.ts'), ...args, '--data', folder.path]);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  child.stdin.end(input);
  return new Promise((resolve) => void child.once('close', (code) => resolve({ code, output })));
}

it('carferry shops set-session ends a halt of a running system, which catches up by itself', async () => {
  const [shop = ''] = infoSchema.parse(await control('info')).shops.map(({ sellerNick }) => sellerNick);
  const shops = createShopsTable(client, 'carferry-local-shops');
  const dues = createDuesTable(client, 'carferry-local-dues', { info() {}, warn() {}, error() {} });
  await control('quirks', 'POST', { expiredSession: shop });
  await vi.waitFor(
    async () => {
      if ((await shops.halts(shop)).length < 2) throw new Error('not halted yet');
    },
    { timeout: 120_000, interval: 300 },
  );

  await control('quirks', 'DELETE');
  await control('quirks', 'POST', { renewedSessions: { [shop]: RENEWED } });
  const set = await carferry(['shops', 'set-session', shop, '--expires', '2099-01-01'], `${RENEWED}\n`);
  const frozenAt = Date.now() - 15_000;
  await control('freeze', 'POST', { at: frozenAt });
  await vi.waitFor(
    async () => {
      const open: unknown[] = await shops.halts(shop);
      for await (const due of dues.scan()) {
        const isOpen = due.reason === 'owed' || (due.reason === 'leadCheck' && due.attempts === 0);
        if (isOpen) open.push(due);
      }
      if (open.length > 0) throw new Error(`${open.length} halts and dues of the halted shop are left`);
    },
    { timeout: 150_000, interval: 1_000 },
  );
  const query = new URLSearchParams({ from: '2020-01-01T00:00:00+08:00', detail: '1' });
  const truth = factsOf(truthSchema.parse(await control(`truth?${query}`)));
  const orders = await exported('orders', folder.path);
  running.child.kill('SIGINT');
  const summary = summaryOf(await running.ended);

  expect(set).toEqual({ code: 0, output: expect.stringContaining('has a new session') });
  expect(set.output).not.toContain(RENEWED);
  const mine = Object.entries(truth).filter(([, fact]) => fact.shop === shop);
  expect(mine.length).toBeGreaterThan(10);
  const found = orders.map((order) => exportedOrderSchema.parse(order));
  expect(factsFound(new Map(found.map((order) => [order.orderId, order])))).toMatchObject(
    Object.fromEntries(mine),
  );
  expect(summary.parked.count).toBe(0);
  expect(summary.queues.filter(({ dead }) => dead > 0)).toEqual([]);
  expect(JSON.stringify(orders) + running.stderr()).not.toContain(RENEWED);
});
