import * as z from 'zod';
import { createSqs } from '../lib/lambda/awsClients.ts';
import { configuredStart } from '../lib/lambda/configuredStart.ts';
import * as env from '../lib/lambda/environment.ts';
import { scheduledHandler } from '../lib/lambda/scheduledHandler.ts';
import { createTopKit, topKitVariables } from '../lib/lambda/topKit.ts';
import { type PullMessagesDeps, pullMessages } from '../lib/pull/messages.ts';
import type { RunLimits } from '../lib/pull/pullInput.ts';
import { createSender } from '../lib/queue/sendBatch.ts';
import { createOrdersTable } from '../lib/store/ordersTable.ts';

export const configSchema = z.lazy(() =>
  z.object({
    ...topKitVariables,
    CARFERRY_SHOPS: env.shopsVariable,
    ...env.sessionsSecretNames,
    ...env.namesOf(['ORDERS_TABLE']),
    ORDERS_QUEUE_URL: env.queueUrlVariable,
    TRADE_PAGE_SIZE: env.tradePageSizeVariable,
    /** Messages flow only for sellers that were permitted (`taobao.tmc.user.permit`). */
    PULL_MESSAGES: env.switchVariable,
    MESSAGE_GROUP: env.messageGroupVariable,
    MESSAGE_POLL_SECONDS: env.messagePollSecondsVariable,
  }),
);

/** Messages of the platform about changed orders, into the orders queue. */
export function createPullMessages(deps: PullMessagesDeps) {
  return (limits: RunLimits) => pullMessages(deps, limits);
}

const start = configuredStart(configSchema, process.env, async (config) => {
  const { db, ...kit } = createTopKit('pullMessages', config);
  await kit.keys.ready();
  return createPullMessages({
    ...kit,
    orders: createOrdersTable(db, config.ORDERS_TABLE),
    sender: createSender(createSqs(), config.ORDERS_QUEUE_URL),
    shops: config.CARFERRY_SHOPS,
    pageSize: config.TRADE_PAGE_SIZE,
    isOn: config.PULL_MESSAGES === 'on',
    group: config.MESSAGE_GROUP,
    pollMs: config.MESSAGE_POLL_SECONDS * 1000,
  });
});

export const handler = scheduledHandler({
  input: z.strictObject({}),
  start,
  run: (pull, _input, limits) => pull(limits),
});
