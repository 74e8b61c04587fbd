import * as z from 'zod';
import { systemClock as clock } from '../lib/core/clock.ts';
import type { QueueMessage } from '../lib/domain/queueMessage.ts';
import { createAdLineStorer, type StoreAdLineDeps } from '../lib/enrich/storeAdLine.ts';
import type { RunLimits } from '../lib/enrich/stores.ts';
import { unexpectedMessage } from '../lib/enrich/unexpectedMessage.ts';
import { createDynamoDb, createSqs } from '../lib/lambda/awsClients.ts';
import { configuredStart } from '../lib/lambda/configuredStart.ts';
import { consumerHandler } from '../lib/lambda/consumerHandler.ts';
import * as env from '../lib/lambda/environment.ts';
import { createKeys, keysVariables } from '../lib/lambda/keys.ts';
import { createLog } from '../lib/lambda/log.ts';
import { retentionOf, retentionVariables } from '../lib/lambda/retention.ts';
import { createSealedParker } from '../lib/lambda/sealedParker.ts';
import { createBackOff } from '../lib/queue/backOff.ts';
import { createAdOrdersTable } from '../lib/store/adOrdersTable.ts';
import { createKeysTable } from '../lib/store/keysTable.ts';
import { createLeadsTable } from '../lib/store/leadsTable.ts';
import { createOrdersTable } from '../lib/store/ordersTable.ts';
import { createQuarantineTable } from '../lib/store/quarantineTable.ts';

export const configSchema = z.lazy(() =>
  z.object({
    CARFERRY_SHOPS: env.sellersVariable,
    ...env.sellersSecretName,
    ...keysVariables,
    ...retentionVariables,
    ...env.namesOf(['ORDERS_TABLE', 'AD_ORDERS_TABLE', 'LEADS_TABLE', 'QUARANTINE_TABLE', 'KEYS_TABLE']),
    AD_ORDERS_QUEUE_URL: env.queueUrlVariable,
    LOG_LEVEL: env.logLevelVariable,
  }),
);

/** Ad lines become rows of their own and the attribution of their orders and leads. */
export function createStoreAdOrders(deps: StoreAdLineDeps) {
  const storeAdLine = createAdLineStorer(deps);
  return async (message: QueueMessage, limits: RunLimits): Promise<void> => {
    if (message.kind !== 'adLine') throw unexpectedMessage(message.kind);
    await storeAdLine(message.line, limits);
  };
}

const start = configuredStart(configSchema, process.env, (config) => {
  const [db, log] = [createDynamoDb(), createLog('storeAdOrders')];
  const keys = createKeys(config, createKeysTable(db, config.KEYS_TABLE));
  const retention = retentionOf(config);
  const quarantine = createQuarantineTable(db, config.QUARANTINE_TABLE, retention);
  const handle = createStoreAdOrders({
    orders: createOrdersTable(db, config.ORDERS_TABLE, retention),
    leads: createLeadsTable(db, config.LEADS_TABLE),
    adOrders: createAdOrdersTable(db, config.AD_ORDERS_TABLE, retention),
    shops: new Set(config.CARFERRY_SHOPS.map((shop) => shop.sellerNick)),
  });
  const parker = createSealedParker({ source: 'adOrders', quarantine, keys, clock });
  const backOff = createBackOff(createSqs(), config.AD_ORDERS_QUEUE_URL);
  return { handle, ...parker, backOff, log };
});

export const handler = consumerHandler({ start });
