import * as z from 'zod';
import { systemClock as clock } from '../lib/core/clock.ts';
import { publishTopCall as onCall } from '../lib/core/telemetry.ts';
import type { QueueMessage } from '../lib/domain/queueMessage.ts';
import { createAskForItems } from '../lib/enrich/askForItems.ts';
import { createOrderEnricher, type EnrichOrderDeps } from '../lib/enrich/enrichOrder.ts';
import { createItemLoader } from '../lib/enrich/itemLoader.ts';
import type { RunLimits, Seal } from '../lib/enrich/stores.ts';
import { unexpectedMessage } from '../lib/enrich/unexpectedMessage.ts';
import { createDynamoDb, createSqs } from '../lib/lambda/awsClients.ts';
import { coldStart } from '../lib/lambda/coldStart.ts';
import { consumerHandler } from '../lib/lambda/consumerHandler.ts';
import * as env from '../lib/lambda/environment.ts';
import { createLog } from '../lib/lambda/log.ts';
import { createSealedParker } from '../lib/lambda/sealedParker.ts';
import { createLocalKeys } from '../lib/privacy/localKeys.ts';
import { sealRecord } from '../lib/privacy/sealRecord.ts';
import { createBackOff } from '../lib/queue/backOff.ts';
import { createAdOrdersTable } from '../lib/store/adOrdersTable.ts';
import { createDuesTable } from '../lib/store/duesTable.ts';
import { createHaltGate } from '../lib/store/halts.ts';
import { createItemsTable } from '../lib/store/itemsTable.ts';
import { createKeysTable } from '../lib/store/keysTable.ts';
import { createLeadsTable } from '../lib/store/leadsTable.ts';
import { createOrdersTable } from '../lib/store/ordersTable.ts';
import { createQuarantineTable } from '../lib/store/quarantineTable.ts';
import { createShopsTable } from '../lib/store/shopsTable.ts';
import { createLocalRateBudget } from '../lib/top/rateBudget.ts';
import { createTopClient } from '../lib/top/topClient.ts';

export const configSchema = z.object({
  ...env.topEnvironment,
  CARFERRY_SHOPS: env.shopsVariable,
  CARFERRY_DATA_KEY: env.dataKeyVariable,
  ...env.namesOf(['ORDERS_TABLE', 'AD_ORDERS_TABLE', 'LEADS_TABLE', 'ITEMS_TABLE', 'DUES_TABLE']),
  ...env.namesOf(['SHOPS_TABLE', 'QUARANTINE_TABLE', 'KEYS_TABLE']),
  ORDERS_QUEUE_URL: env.queueUrlVariable,
  NOT_FOUND_CODES_CAR: env.notFoundCodesCarVariable,
  LOG_LEVEL: env.logLevelVariable,
});

/** Trades and dues of the orders queue become enriched orders. */
export function createEnrichOrders(deps: EnrichOrderDeps) {
  const { onTrade, onDue } = createOrderEnricher(deps);
  return async (message: QueueMessage, limits: RunLimits): Promise<void> => {
    if (message.kind === 'trade') return onTrade(message, limits);
    if (message.kind === 'due') return onDue(message, limits);
    throw unexpectedMessage(message.kind);
  };
}

const start = coldStart(() => {
  const config = env.readEnvironment(configSchema, process.env);
  const [db, log] = [createDynamoDb(), createLog('enrichOrders')];
  const keys = createLocalKeys({
    masterKey: config.CARFERRY_DATA_KEY,
    table: createKeysTable(db, config.KEYS_TABLE),
  });
  const seal: Seal = (record, entity) => sealRecord(record, entity, keys);
  const budget = createLocalRateBudget({ callsPerSecond: config.CARFERRY_RATE, clock });
  const top = createTopClient({ ...env.topSettings(config), budget, log, clock, onCall });
  const items = createItemsTable(db, config.ITEMS_TABLE);
  const itemLoader = createItemLoader({ items, askForItems: createAskForItems({ top, seal, clock }), clock });
  const dues = createDuesTable(db, config.DUES_TABLE);
  const quarantine = createQuarantineTable(db, config.QUARANTINE_TABLE);
  const orders = createOrdersTable(db, config.ORDERS_TABLE);
  const leads = createLeadsTable(db, config.LEADS_TABLE);
  const adOrders = createAdOrdersTable(db, config.AD_ORDERS_TABLE);
  const haltGate = createHaltGate({ shopsTable: createShopsTable(db, config.SHOPS_TABLE), clock, log });
  const { CARFERRY_SHOPS: shops, NOT_FOUND_CODES_CAR: notFoundCodesCar } = config;
  const stores = { orders, leads, adOrders, dues, quarantine };
  const calls = { top, haltGate, itemLoader, seal, shops, notFoundCodesCar };
  const park = createSealedParker({ source: 'orders', quarantine, keys, clock });
  const backOff = createBackOff(createSqs(), config.ORDERS_QUEUE_URL);
  return { handle: createEnrichOrders({ ...stores, ...calls, clock, log }), park, backOff, log };
});

export const handler = consumerHandler({ start });
