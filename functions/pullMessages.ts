import * as z from 'zod';
import { systemClock as clock } from '../lib/core/clock.ts';
import { publishTopCall as onCall } from '../lib/core/telemetry.ts';
import { createDynamoDb, createSqs } from '../lib/lambda/awsClients.ts';
import { coldStart } from '../lib/lambda/coldStart.ts';
import * as env from '../lib/lambda/environment.ts';
import { createLog } from '../lib/lambda/log.ts';
import { scheduledHandler } from '../lib/lambda/scheduledHandler.ts';
import { createLocalKeys } from '../lib/privacy/localKeys.ts';
import { sealRecord } from '../lib/privacy/sealRecord.ts';
import { type PullMessagesDeps, pullMessages } from '../lib/pull/messages.ts';
import type { RunLimits } from '../lib/pull/pullInput.ts';
import type { Seal } from '../lib/pull/rowParking.ts';
import { createSender } from '../lib/queue/sendBatch.ts';
import { createHaltGate } from '../lib/store/halts.ts';
import { createKeysTable } from '../lib/store/keysTable.ts';
import { createOrdersTable } from '../lib/store/ordersTable.ts';
import { createQuarantineTable } from '../lib/store/quarantineTable.ts';
import { createShopsTable } from '../lib/store/shopsTable.ts';
import { createLocalRateBudget } from '../lib/top/rateBudget.ts';
import { createTopClient } from '../lib/top/topClient.ts';

export const configSchema = z.object({
  ...env.topEnvironment,
  CARFERRY_SHOPS: env.shopsVariable,
  CARFERRY_DATA_KEY: env.dataKeyVariable,
  ...env.namesOf(['ORDERS_TABLE', 'SHOPS_TABLE', 'QUARANTINE_TABLE', 'KEYS_TABLE']),
  ORDERS_QUEUE_URL: env.queueUrlVariable,
  TRADE_PAGE_SIZE: env.tradePageSizeVariable,
  /** Messages flow only for sellers that were permitted (`taobao.tmc.user.permit`). */
  PULL_MESSAGES: env.switchVariable,
  MESSAGE_GROUP: env.messageGroupVariable,
  MESSAGE_POLL_SECONDS: env.messagePollSecondsVariable,
  LOG_LEVEL: env.logLevelVariable,
});

/** Messages of the platform about changed orders, into the orders queue. */
export function createPullMessages(deps: PullMessagesDeps) {
  return (limits: RunLimits) => pullMessages(deps, limits);
}

const start = coldStart(() => {
  const config = env.readEnvironment(configSchema, process.env);
  const [db, log] = [createDynamoDb(), createLog('pullMessages')];
  const keys = createLocalKeys({
    masterKey: config.CARFERRY_DATA_KEY,
    table: createKeysTable(db, config.KEYS_TABLE),
  });
  const seal: Seal = (record, entity) => sealRecord(record, entity, keys);
  const budget = createLocalRateBudget({ callsPerSecond: config.CARFERRY_RATE, clock });
  const shopsTable = createShopsTable(db, config.SHOPS_TABLE);
  return createPullMessages({
    top: createTopClient({ ...env.topSettings(config), budget, log, clock, onCall }),
    haltGate: createHaltGate({ shopsTable, clock, log }),
    orders: createOrdersTable(db, config.ORDERS_TABLE),
    quarantine: createQuarantineTable(db, config.QUARANTINE_TABLE),
    sender: createSender(createSqs(), config.ORDERS_QUEUE_URL),
    seal,
    hmac: keys.hmac,
    clock,
    log,
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
