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
import { type LeadChecksDeps, runLeadChecks } from '../lib/pull/leadChecks.ts';
import { type DuesInput, duesInputSchema, type RunLimits } from '../lib/pull/pullInput.ts';
import type { Seal } from '../lib/pull/rowParking.ts';
import { gatherSends } from '../lib/queue/gatherSends.ts';
import { createSender } from '../lib/queue/sendBatch.ts';
import { createDuesTable } from '../lib/store/duesTable.ts';
import { createHaltGate } from '../lib/store/halts.ts';
import { createKeysTable } from '../lib/store/keysTable.ts';
import { createQuarantineTable } from '../lib/store/quarantineTable.ts';
import { createShopsTable } from '../lib/store/shopsTable.ts';
import { createLocalRateBudget } from '../lib/top/rateBudget.ts';
import { createTopClient } from '../lib/top/topClient.ts';

export const configSchema = z.object({
  ...env.topEnvironment,
  CARFERRY_SHOPS: env.shopsVariable,
  CARFERRY_DATA_KEY: env.dataKeyVariable,
  ...env.namesOf(['DUES_TABLE', 'SHOPS_TABLE', 'QUARANTINE_TABLE', 'KEYS_TABLE']),
  LEADS_QUEUE_URL: env.queueUrlVariable,
  NOT_FOUND_CODES_LEAD: env.notFoundCodesLeadVariable,
  LOG_LEVEL: env.logLevelVariable,
});

/** The lead of every order whose check is due, into the leads queue. */
export function createPullLeads(deps: LeadChecksDeps) {
  return (input: DuesInput, limits: RunLimits) => runLeadChecks(deps, input, limits);
}

const start = coldStart(() => {
  const config = env.readEnvironment(configSchema, process.env);
  const [db, log] = [createDynamoDb(), createLog('pullLeads')];
  const keys = createLocalKeys({
    masterKey: config.CARFERRY_DATA_KEY,
    table: createKeysTable(db, config.KEYS_TABLE),
  });
  const seal: Seal = (record, entity) => sealRecord(record, entity, keys);
  const budget = createLocalRateBudget({ callsPerSecond: config.CARFERRY_RATE, clock });
  const shopsTable = createShopsTable(db, config.SHOPS_TABLE);
  return createPullLeads({
    top: createTopClient({ ...env.topSettings(config), budget, log, clock, onCall }),
    haltGate: createHaltGate({ shopsTable, clock, log }),
    dues: createDuesTable(db, config.DUES_TABLE),
    quarantine: createQuarantineTable(db, config.QUARANTINE_TABLE),
    sender: gatherSends(createSender(createSqs(), config.LEADS_QUEUE_URL)),
    seal,
    hmac: keys.hmac,
    clock,
    log,
    shops: config.CARFERRY_SHOPS,
    notFoundCodes: config.NOT_FOUND_CODES_LEAD,
  });
});

export const handler = scheduledHandler({
  input: duesInputSchema,
  start,
  run: (pullLeads, input, limits) => pullLeads(input, limits),
});
