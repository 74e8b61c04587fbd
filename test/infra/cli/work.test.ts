import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openData } from '../../../infra/cli/openData.ts';
import { systemClock } from '../../../lib/core/clock.ts';
import type { DayManifest } from '../../../lib/store/dayManifest.ts';
import {
  type Ended,
  exported,
  run,
  SMALL_WORLD,
  start,
  summaryOf,
  temporaryFolder,
} from '../../flow/carferryProcess.ts';

/* The commands that work, each as its own process on a folder that a small `--once` has filled. */

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

/** Every process compiles the same files. */
const cache = mkdtempSync(join(tmpdir(), 'carferry-compiled-'));
const WORLD = {
  ...SMALL_WORLD,
  ...{ CARFERRY_SIM_TRADES: '30', CARFERRY_SIM_SHOPS: '1', NODE_COMPILE_CACHE: cache },
};
const folder = temporaryFolder();
type Order = { orderId: string; shop: string; createdAt: string; status: string };
let orders: Order[];
/** An order of the busiest shop, and its day. */
let order: Order;
let day: string;

const cli = (...args: string[]): Promise<Ended> =>
  run([...args, '--data', folder.path], WORLD, 'infra/cli/main.ts');

/** What the table holds, read in this process: attached to a run, or with engines of its own. */
async function stored(): Promise<Order[]> {
  const found: Order[] = [];
  await byHand(async ({ stores }) => {
    for await (const { orderId, shop, createdAt = '', trade } of stores.orders.scan()) {
      found.push({ orderId, shop, createdAt, status: trade?.statusCode ?? '' });
    }
  });
  return found;
}

beforeAll(async () => {
  const ended = await run(['--once', '--json', '--data', folder.path], WORLD);
  if (ended.code !== 0) throw new Error(ended.stderr);
  expect(summaryOf(ended).ok).toBe(true);
  orders = await stored();
  expect(await exported('orders', folder.path)).toHaveLength(orders.length);
  const found = orders.find(({ shop }) => shop !== '我在测试');
  if (found === undefined) throw new Error('the world has no orders');
  order = found;
  day = order.createdAt.slice(0, 10);
});
afterAll(() => {
  folder.remove();
  rmSync(cache, { recursive: true, force: true });
});

/** Looks into the tables, or changes them by hand. */
async function byHand(
  change: (data: Awaited<ReturnType<typeof openData>>) => Promise<unknown>,
): Promise<void> {
  const data = await openData(folder.path, {});
  await change(data).finally(() => data.close());
}

const ordersKey = () => ({ TableName: 'carferry-local-orders', Key: { orderId: { S: order.orderId } } });

describe('reconcile', () => {
  it('finds a row that was deleted by hand and one that was altered, heals both and ends green', async () => {
    await byHand(({ dynamoDb }) => dynamoDb.send(new DeleteItemCommand(ordersKey())));
    const deleted = await stored();

    const first = await cli('reconcile', '--shop', order.shop, '--day', day, '--source', 'trades', '--json');
    await byHand(({ dynamoDb }) =>
      dynamoDb.send(
        new UpdateItemCommand({
          ...ordersKey(),
          UpdateExpression: 'SET trade.statusCode = :wrong',
          ExpressionAttributeValues: { ':wrong': { S: 'WAIT_BUYER_PAY_BY_HAND' } },
        }),
      ),
    );
    const second = await cli('reconcile', '--shop', order.shop, '--day', day, '--source', 'trades');

    expect(deleted).toHaveLength(orders.length - 1);
    const manifest: DayManifest = JSON.parse(first.stdout).manifest;
    expect([first.code, manifest.state, manifest.missing], first.stderr).toEqual([0, 'green', 0]);
    expect([second.code, second.stdout], second.stderr).toEqual([0, expect.stringContaining('is green')]);
    // Lines of the functions' log are for programs: LOG_LEVEL asks for them.
    expect(second.stderr).not.toMatch(/^\{/m);
    const healed = await stored();
    expect(healed.find(({ orderId }) => orderId === order.orderId)).toEqual(order);
    expect(await cli('show', order.orderId)).toMatchObject({ code: 0 });
  });

  it('as a dry run prints the manifest that is there and changes nothing', async () => {
    await byHand(({ dynamoDb }) => dynamoDb.send(new DeleteItemCommand(ordersKey())));

    const { code, stdout, stderr } = await cli(
      'reconcile',
      '--shop',
      order.shop,
      '--day',
      day,
      '--dry-run',
      '--json',
    );
    const after = await stored();
    const healed = await cli('reconcile', '--shop', order.shop, '--day', day, '--source', 'trades');

    expect([code, JSON.parse(stdout).manifest.state], stderr).toEqual([0, 'green']);
    const { rows, tradeCalls, adCalls, orderCalls } = JSON.parse(stdout).cost;
    expect(rows).toBe(JSON.parse(stdout).manifest.upstream);
    expect([tradeCalls, adCalls]).toEqual([2, 2]);
    expect(orderCalls).toBeGreaterThan(2 * rows);
    expect(after).toHaveLength(orders.length - 1);
    expect([healed.code, (await stored()).length]).toEqual([0, orders.length]);
  });

  it.each([
    [['--shop', 'nobody', '--day', '2026-11-01'], /--shop|nobody/],
    [['--shop', 'x', '--day', 'yesterday'], /--day/],
    [['--shop', 'x', '--day', '2099-01-01'], /2099-01-01/],
    [['--shop', 'x'], /--day/],
  ])('%j is refused with exit code 2, naming the flag', async (args, named) => {
    const { code, stderr, stdout } = await cli('reconcile', ...args);

    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(named);
  });
});

describe('backfill', () => {
  const bounds = () => ['--from', `${day}T00:00:00+08:00`, '--to', `${day}T23:59:59+08:00`];
  const trades = () => ['backfill', '--source', 'trades', '--shop', order.shop, ...bounds()];

  it('counts first, then brings what is missing, once', async () => {
    await byHand(({ dynamoDb }) => dynamoDb.send(new DeleteItemCommand(ordersKey())));

    const cost = await cli(...trades(), '--dry-run', '--json');
    const untouched = await stored();
    const first = await cli(...trades(), '--json');
    const second = await cli(...trades(), '--json');
    const again = await cli(...trades(), '--again', '--json');

    expect(JSON.parse(cost.stdout)).toMatchObject({ dryRun: true, windows: 1, callsMade: 1 });
    expect(JSON.parse(cost.stdout).rows).toBeGreaterThan(0);
    expect(untouched).toHaveLength(orders.length - 1);
    expect([first.code, JSON.parse(first.stdout).done], first.stderr).toEqual([0, true]);
    expect((await stored()).find(({ orderId }) => orderId === order.orderId)).toEqual(order);
    const windows = [second, again].map(({ stdout }) => JSON.parse(stdout).streams[0].windows);
    expect(windows[0]).toBe(0);
    expect(windows[1]).toBeGreaterThan(0);
  });

  it('stopped by Ctrl-C goes on from there', async () => {
    const all = [
      'backfill',
      '--source',
      'ad-orders',
      '--from',
      '2026-09-10T00:00:00+08:00',
      '--to',
      `${day}T00:00:00+08:00`,
    ];
    const stopped = start([...all, '--data', folder.path], WORLD, 'infra/cli/main.ts');
    // On a fast machine it is done before it has said anything.
    const hasSpoken = vi.waitFor(() => expect(stopped.stderr()).toMatch(/ad orders/), 60_000);
    await Promise.race([hasSpoken.catch(() => undefined), stopped.ended]);
    stopped.child.kill('SIGINT');
    const first = await stopped.ended;

    const second = await cli(...all, '--json');

    expect([0, 1]).toContain(first.code);
    if (first.code === 1) expect(first.stderr).toMatch(/the same command goes on from there/);
    expect([second.code, JSON.parse(second.stdout).done], second.stderr).toEqual([0, true]);
  });

  it('beside a running system lets its consumers work the messages off', async () => {
    await byHand(({ dynamoDb }) => dynamoDb.send(new DeleteItemCommand(ordersKey())));
    const running = start(['--data', folder.path, '--port', '0'], WORLD);
    await vi.waitFor(() => expect(running.stderr()).toMatch(/status page/), 60_000);

    const backfill = await cli(...trades(), '--again', '--json');
    const status = await cli('status', '--json');
    // Its world grows meanwhile, so only the order that was taken away is awaited.
    let found: Order[] = [];
    const isBack = (): boolean => found.some(({ orderId }) => orderId === order.orderId);
    for (let looks = 0; looks < 100 && !isBack(); looks += 1) {
      found = await stored();
      if (!isBack()) await systemClock.sleep(300);
    }
    running.child.kill('SIGINT');
    await running.ended;

    expect([backfill.code, JSON.parse(backfill.stdout).done], backfill.stderr).toEqual([0, true]);
    expect(JSON.parse(status.stdout).attachedTo).toBe(running.child.pid);
    expect(found.map(({ orderId }) => orderId)).toContain(order.orderId);
  });

  it.each([
    [
      ['--source', 'trades', '--from', '2026-11-01T00:00:00+08:00', '--to', '2026-11-02T00:00:00+08:00'],
      /--shop/,
    ],
    [
      ['--source', 'orders', '--from', '2026-11-01T00:00:00+08:00', '--to', '2026-11-02T00:00:00+08:00'],
      /--source/,
    ],
    [
      ['--source', 'ad-orders', '--from', '2026-11-02T00:00:00+08:00', '--to', '2026-11-01T00:00:00+08:00'],
      /--from/,
    ],
    [['--source', 'ad-orders', '--from', '2026-11-02', '--to', '2026-11-01T00:00:00+08:00'], /--from/],
    [
      ['--source', 'ad-orders', '--from', '2026-11-01T00:00:00+08:00', '--to', '2099-01-01T00:00:00+08:00'],
      /too late/,
    ],
  ])('%j is refused with exit code 2', async (args, named) => {
    const { code, stderr } = await cli('backfill', ...args);

    expect(code).toBe(2);
    expect(stderr).toMatch(named);
  });
});

describe('what cannot be read', () => {
  it('is told by status, done by nobody, and repaired by hand', async () => {
    const stream = `trades#${order.shop}#live`;
    await byHand(async ({ dynamoDb }) => {
      const TableName = 'carferry-local-streams';
      const Key = { stream: { S: stream }, row: { S: 'state' } };
      const change = { UpdateExpression: 'SET v = :v', ExpressionAttributeValues: { ':v': { N: '9' } } };
      await dynamoDb.send(new UpdateItemCommand({ TableName, Key, ...change }));
      const due = {
        orderId: { S: order.orderId },
        reason: { S: 'owed' },
        bucket: { S: 'owed#0' },
        dueAt: { S: '2026-11-01T00:00:00+08:00' },
        v: { N: '9' },
      };
      await dynamoDb.send(new PutItemCommand({ TableName: 'carferry-local-dues', Item: due }));
    });

    const status = JSON.parse((await cli('status', '--json')).stdout);
    const printed = (await cli('status')).stdout;
    const list = await cli('dues', 'list', '--json');
    const dry = await cli('dues', 'repair', '--dry-run', '--json');
    const repaired = [
      await cli('dues', 'repair', '--json'),
      await cli('streams', 'set-watermark', stream, `${day}T00:00:00+08:00`),
    ];
    const after = JSON.parse((await cli('status', '--json')).stdout);

    const refused = { orderId: order.orderId, reason: 'owed', refusal: 'due-foreign-version', field: 'v' };
    expect(status.refusedDues).toEqual([refused]);
    expect(status.streams.find((one: { stream: string }) => one.stream === stream).refusal).toMatch(
      /^state-/,
    );
    expect(printed).toMatch(/streams set-watermark/);
    expect(printed).toMatch(/dues repair/);
    expect(JSON.parse(list.stdout).refused).toEqual([refused]);
    expect(JSON.parse(dry.stdout)).toEqual([{ ...refused, noted: ['owed', 'leadCheck'] }]);
    expect(repaired.map(({ code }) => code)).toEqual([0, 0]);
    expect(after.refusedDues).toEqual([]);
    expect(after.streams.filter(({ refusal }: { refusal: string | null }) => refusal !== null)).toEqual([]);
    expect(after.streams.find((one: { stream: string }) => one.stream === stream).watermark).toBe(
      `${day}T00:00:00+08:00`,
    );
  });

  it('ends a redrive of an id that nothing is parked under with 1, after the others were redriven', async () => {
    const source = 'tmall.aliauto.trade.car.order.get';
    const parked = { quarantineId: `${source}#1`, source, reason: 'unexpected-shape' };
    await byHand(({ stores }) => stores.quarantine.park({ ...parked, seenAt: `${day}T00:00:00+08:00` }));

    const alone = await cli('quarantine', 'redrive', 'orders#trade#2', '--json');
    const beside = await cli('quarantine', 'redrive', parked.quarantineId, 'orders#trade#2', '--json');

    const said = 'error: nothing is parked under orders#trade#2 (see quarantine list)';
    expect([alone.code, alone.stdout, alone.stderr.trim()]).toEqual([1, '', said]);
    expect([beside.code, beside.stderr]).toEqual([1, expect.stringContaining(said)]);
    const { outcomes } = JSON.parse(beside.stdout);
    expect(outcomes).toMatchObject([{ quarantineId: parked.quarantineId }]);
  });

  it.each([
    ['an unknown stream', ['trades#live', '2026-11-01T00:00:00+08:00']],
    ['a time to come', ['trades#x#live', '2099-11-01T00:00:00+08:00']],
    ['no time', ['trades#x#live', 'tomorrow']],
  ])('set-watermark refuses %s with exit code 2', async (_, args) => {
    expect((await cli('streams', 'set-watermark', ...args)).code).toBe(2);
  });
});
