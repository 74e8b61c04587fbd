import * as z from 'zod';
import { createSqs } from '../lib/lambda/awsClients.ts';
import { configuredStart } from '../lib/lambda/configuredStart.ts';
import * as env from '../lib/lambda/environment.ts';
import { pullTimes, pullTimesVariables } from '../lib/lambda/pullTimes.ts';
import { scheduledHandler } from '../lib/lambda/scheduledHandler.ts';
import { createTopKit, topKitVariables } from '../lib/lambda/topKit.ts';
import { createTradeHealer } from '../lib/pull/healTrades.ts';
import { type PullInput, pullInputSchema, type RunLimits } from '../lib/pull/pullInput.ts';
import { type PullTradesDeps, pullTrades } from '../lib/pull/pullTrades.ts';
import { createSender } from '../lib/queue/sendBatch.ts';
import { createOrdersTable } from '../lib/store/ordersTable.ts';
import { createStreamsTable } from '../lib/store/streamsTable.ts';

export const configSchema = z.lazy(() =>
  z.object({
    ...topKitVariables,
    ...env.namesOf(['ORDERS_TABLE', 'STREAMS_TABLE']),
    ORDERS_QUEUE_URL: env.queueUrlVariable,
    ...pullTimesVariables,
    CARFERRY_SHOPS: env.shopsVariable,
    ...env.sessionsSecretNames,
    TRADE_PAGE_SIZE: env.tradePageSizeVariable,
  }),
);

/** Every shop's trades, window by window, into the orders queue. */
export function createPullTrades(deps: PullTradesDeps) {
  return (input: PullInput, limits: RunLimits) => pullTrades(deps, input, limits);
}

const start = configuredStart(configSchema, process.env, async (config) => {
  const { db, ...kit } = createTopKit('pullTrades', config);
  await kit.keys.ready();
  const orders = createOrdersTable(db, config.ORDERS_TABLE);
  return createPullTrades({
    ...kit,
    orders,
    healer: createTradeHealer({ orders, keys: kit.keys }),
    streams: createStreamsTable(db, config.STREAMS_TABLE),
    sender: createSender(createSqs(), config.ORDERS_QUEUE_URL),
    shops: config.CARFERRY_SHOPS,
    pageSize: config.TRADE_PAGE_SIZE,
    times: pullTimes(config),
  });
});

export const handler = scheduledHandler({
  input: pullInputSchema,
  start,
  run: (pull, input, limits) => pull(input, limits),
});
