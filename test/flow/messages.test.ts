import { DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { handler as enrichOrders } from '../../functions/enrichOrders.ts';
import { handler as pullMessages } from '../../functions/pullMessages.ts';
import { handler as pullTrades } from '../../functions/pullTrades.ts';
import { type Simulator, startSimulator } from '../../infra/local/simulator/simulator.ts';
import type { OrderRecord } from '../../lib/domain/order.ts';
import { queueMessageSchema } from '../../lib/domain/queueMessage.ts';
import { createOrdersTable } from '../../lib/store/ordersTable.ts';
import { type FunctionBench, startFunctionBench } from '../functions/functionBench.ts';
import { call, control } from '../infra/local/simulator/simulatorClient.ts';
import { lambdaContext } from '../lambda/lambdaContext.ts';
import { sqsEvent } from '../lambda/sqsEvent.ts';

const DAY = 86_400_000;
const START = Date.now() - 15 * 60_000;

const truthSchema = z.object({
  detail: z.record(z.string(), z.looseObject({ shop: z.string(), status: z.string() })),
});
const queueSchema = z.object({ produced: z.number(), waiting: z.number(), confirmed: z.number() });

describe('messages of the platform, on the real functions', () => {
  let simulator: Simulator;
  let bench: FunctionBench;
  let worldNow = START;
  const shop = () => {
    const [first] = simulator.info.shops;
    if (first === undefined) throw new Error('no shop');
    return first;
  };

  beforeAll(async () => {
    const world = { seed: 'messages', anchorAt: START, trades: 120, shops: 1, growthPerMinute: 0 };
    simulator = await startSimulator({ ...world, now: () => worldNow });
    bench = await startFunctionBench(simulator.topUrl);
    const variables = {
      ...bench.environment,
      STREAMS_TABLE: await bench.engines.createTable('StreamsTable'),
      QIMEN_GATEWAY_URL: simulator.qimenUrl,
      TOP_APP_KEY: simulator.info.appKey,
      TOP_APP_SECRET: simulator.info.appSecret,
      QIMEN_TARGET_APP_KEY: simulator.info.targetAppKey,
      CARFERRY_SHOPS: JSON.stringify([shop()]),
      PULL_MESSAGES: 'on',
    };
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await Promise.all([bench.close(), simulator.close()]);
  });

  /** Does all the work that waits in the orders queue; answers how many messages there were. */
  async function enrichAll(): Promise<number> {
    const QueueUrl = bench.environment['ORDERS_QUEUE_URL'] ?? '';
    let count = 0;
    for (;;) {
      const { Messages = [] } = await bench.engines.sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
      );
      if (Messages.length === 0) return count;
      count += Messages.length;
      const messages = Messages.map(({ Body }) => queueMessageSchema.parse(JSON.parse(Body ?? '')));
      expect((await enrichOrders(sqsEvent(messages), lambdaContext())).batchItemFailures).toEqual([]);
      for (const { ReceiptHandle } of Messages) {
        await bench.engines.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      }
    }
  }

  async function stored(): Promise<Map<string, OrderRecord>> {
    const orders = new Map<string, OrderRecord>();
    const table = createOrdersTable(bench.engines.dynamoDb, bench.environment['ORDERS_TABLE'] ?? '');
    for await (const order of table.scan()) orders.set(order.orderId, order);
    return orders;
  }

  /** Orders whose trade is not what the platform holds now. */
  async function outdated(): Promise<string[]> {
    const { detail } = truthSchema.parse(await control(simulator, 'truth?detail=1'));
    const orders = await stored();
    return Object.entries(detail)
      .filter(([, fact]) => fact.shop === shop().sellerNick)
      .filter(([orderId, { status }]) => orders.get(orderId)?.trade?.statusCode !== status)
      .map(([orderId]) => orderId);
  }

  const waiting = async () => queueSchema.parse(await control(simulator, 'messages'));

  it('make late changes of known orders known at once, and are all confirmed', async () => {
    const { streams } = await pullTrades({ lane: 'live' }, lambdaContext());
    await enrichAll();
    await call(simulator, 'taobao.tmc.user.permit', { session: shop().session });
    const before = await stored();
    worldNow += 8 * DAY;
    const late = await outdated();

    const report = await pullMessages({}, lambdaContext());
    const work = await enrichAll();

    expect(streams.map(({ state }) => state)).toEqual(['caught-up']);
    expect(late.length).toBeGreaterThan(3);
    expect(await outdated()).toEqual([]);
    expect(report).toMatchObject({
      state: 'caught-up',
      unreadable: 0,
      foreign: 0,
      postponed: 0,
      more: false,
    });
    expect(report.trades).toBeGreaterThanOrEqual(late.length);
    expect(work).toBe(report.enqueued);
    const after = await stored();
    const changedCars = late.filter((id) => before.get(id)?.car).map((id) => [id, after.get(id)?.carRev]);
    expect(changedCars.length).toBeGreaterThan(0);
    for (const [id, rev] of changedCars)
      expect(Number(rev)).toBeGreaterThan(before.get(String(id))?.carRev ?? 0);
    const { produced, waiting: left } = await waiting();
    expect(produced).toBeGreaterThan(late.length);
    expect(left).toBeLessThan(produced / 10);
  });

  it('come again until they are confirmed, and change nothing the second time', async () => {
    await pullMessages({}, lambdaContext());
    await enrichAll();
    const before = await stored();
    await control(simulator, 'messages/redeliver', {});

    await pullMessages({}, lambdaContext());
    await enrichAll();

    const after = await stored();
    expect(await waiting()).toMatchObject({ waiting: 0 });
    for (const [id, order] of after) expect(order.trade).toEqual(before.get(id)?.trade);
  });

  it('make no call while they are switched off', async () => {
    const table = await control(simulator, 'stats');
    vi.stubEnv('PULL_MESSAGES', 'off');
    vi.resetModules();
    const { handler } = await import('../../functions/pullMessages.ts');

    const report = await handler({}, lambdaContext());

    expect(report).toMatchObject({ state: 'off', enqueued: 0, more: false });
    expect(await control(simulator, 'stats')).toEqual(table);
  });
});
