import * as z from 'zod';
import { systemClock as clock } from '../lib/core/clock.ts';
import type { QueueMessage } from '../lib/domain/queueMessage.ts';
import { createLeadStorer, type StoreLeadDeps } from '../lib/enrich/storeLead.ts';
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
import { lookupIndexes } from '../lib/privacy/lookupIndexes.ts';
import { createBackOff } from '../lib/queue/backOff.ts';
import { createKeysTable } from '../lib/store/keysTable.ts';
import { createLeadsTable } from '../lib/store/leadsTable.ts';
import { createOrdersTable } from '../lib/store/ordersTable.ts';
import { createQuarantineTable } from '../lib/store/quarantineTable.ts';

export const configSchema = z.lazy(() =>
  z.object({
    ...keysVariables,
    ...retentionVariables,
    ...env.namesOf(['ORDERS_TABLE', 'LEADS_TABLE', 'QUARANTINE_TABLE', 'KEYS_TABLE']),
    LEADS_QUEUE_URL: env.queueUrlVariable,
    LOG_LEVEL: env.logLevelVariable,
  }),
);

/** Pulled and pushed leads become rows that a CRM can use without another lookup. */
export function createEnrichLeads(deps: StoreLeadDeps) {
  const { onLead, onNoLead } = createLeadStorer(deps);
  return async (message: QueueMessage, limits: RunLimits): Promise<void> => {
    if (message.kind === 'lead') return onLead(message, limits);
    if (message.kind === 'noLead') return onNoLead(message);
    throw unexpectedMessage(message.kind);
  };
}

const start = configuredStart(configSchema, process.env, (config) => {
  const [db, log] = [createDynamoDb(), createLog('enrichLeads')];
  const keys = createKeys(config, createKeysTable(db, config.KEYS_TABLE));
  const retention = retentionOf(config);
  const quarantine = createQuarantineTable(db, config.QUARANTINE_TABLE, retention);
  const handle = createEnrichLeads({
    orders: createOrdersTable(db, config.ORDERS_TABLE, retention),
    leads: createLeadsTable(db, config.LEADS_TABLE, retention),
    indexesOf: ({ phoneSealed }) => lookupIndexes(phoneSealed, keys),
  });
  const parker = createSealedParker({ source: 'leads', quarantine, keys, clock });
  const backOff = createBackOff(createSqs(), config.LEADS_QUEUE_URL);
  return { handle, ...parker, backOff, log };
});

export const handler = consumerHandler({ start });
