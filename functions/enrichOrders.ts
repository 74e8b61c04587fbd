import * as z from 'zod';
import type { QueueMessage } from '../lib/domain/queueMessage.ts';
import { createAskForItems } from '../lib/enrich/askForItems.ts';
import { createOrderEnricher, type EnrichOrderDeps } from '../lib/enrich/enrichOrder.ts';
import { createItemLoader } from '../lib/enrich/itemLoader.ts';
import type { RunLimits } from '../lib/enrich/stores.ts';
import { unexpectedMessage } from '../lib/enrich/unexpectedMessage.ts';
import { createSqs } from '../lib/lambda/awsClients.ts';
import { configuredStart } from '../lib/lambda/configuredStart.ts';
import { consumerHandler } from '../lib/lambda/consumerHandler.ts';
import * as env from '../lib/lambda/environment.ts';
import { createPutOff } from '../lib/lambda/putOff.ts';
import { retentionOf } from '../lib/lambda/retention.ts';
import { createSealedParker } from '../lib/lambda/sealedParker.ts';
import { createTopKit, topKitVariables } from '../lib/lambda/topKit.ts';
import { createBackOff } from '../lib/queue/backOff.ts';
import { createAdOrdersTable } from '../lib/store/adOrdersTable.ts';
import { createDuesTable } from '../lib/store/duesTable.ts';
import { createItemsTable } from '../lib/store/itemsTable.ts';
import { createLeadsTable } from '../lib/store/leadsTable.ts';
import { createOrdersTable } from '../lib/store/ordersTable.ts';

export const configSchema = z.lazy(() =>
  z.object({
    ...topKitVariables,
    CARFERRY_SHOPS: env.shopsVariable,
    ...env.sessionsSecretNames,
    ...env.namesOf(['ORDERS_TABLE', 'AD_ORDERS_TABLE', 'LEADS_TABLE', 'ITEMS_TABLE', 'DUES_TABLE']),
    ORDERS_QUEUE_URL: env.queueUrlVariable,
    NOT_FOUND_CODES_CAR: env.notFoundCodesCarVariable,
  }),
);

/** Trades and dues of the orders queue become enriched orders. */
export function createEnrichOrders(deps: EnrichOrderDeps) {
  const { onTrade, onDue } = createOrderEnricher(deps);
  return async (message: QueueMessage, limits: RunLimits): Promise<void> => {
    if (message.kind === 'trade') return onTrade(message, limits);
    if (message.kind === 'due') return onDue(message, limits);
    throw unexpectedMessage(message.kind);
  };
}

const start = configuredStart(configSchema, process.env, (config) => {
  const { db, keys, ...kit } = createTopKit('enrichOrders', config);
  const items = createItemsTable(db, config.ITEMS_TABLE);
  const itemLoader = createItemLoader({ items, askForItems: createAskForItems(kit), clock: kit.clock });
  const dues = createDuesTable(db, config.DUES_TABLE);
  const orders = createOrdersTable(db, config.ORDERS_TABLE, retentionOf(config));
  const leads = createLeadsTable(db, config.LEADS_TABLE);
  const adOrders = createAdOrdersTable(db, config.AD_ORDERS_TABLE);
  const { CARFERRY_SHOPS: shops, NOT_FOUND_CODES_CAR: notFoundCodesCar } = config;
  const stores = { orders, leads, adOrders, dues };
  const { log, quarantine, clock } = kit;
  const parker = createSealedParker({ source: 'orders', quarantine, keys, clock });
  const backOff = createBackOff(createSqs(), config.ORDERS_QUEUE_URL);
  return {
    handle: createEnrichOrders({ ...stores, ...kit, itemLoader, shops, notFoundCodesCar }),
    ...parker,
    putOff: createPutOff(stores),
    backOff,
    log,
  };
});

export const handler = consumerHandler({ start });
