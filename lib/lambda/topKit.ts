import type * as z from 'zod';
import { systemClock as clock } from '../core/clock.ts';
import { publishTopCall as onCall } from '../core/telemetry.ts';
import type { SealedRecord } from '../domain/personal.ts';
import type { Entity } from '../privacy/place.ts';
import { sealRecord } from '../privacy/sealRecord.ts';
import { createBudgetsTable } from '../store/budgetsTable.ts';
import { createHaltGate } from '../store/halts.ts';
import { createKeysTable } from '../store/keysTable.ts';
import { createQuarantineTable } from '../store/quarantineTable.ts';
import { createShopsTable } from '../store/shopsTable.ts';
import { createSharedRateBudget } from '../top/sharedRateBudget.ts';
import { createTopClient } from '../top/topClient.ts';
import { createDynamoDb } from './awsClients.ts';
import {
  appSecretName,
  budgetEnvironment,
  logLevelVariable,
  namesOf,
  topEnvironment,
  topSettings,
} from './environment.ts';
import { createKeys, keysVariables } from './keys.ts';
import { createLog } from './log.ts';
import { retentionOf, retentionVariables } from './retention.ts';

/** The variables of a function that asks TOP and seals what it hears; part of its `configSchema`. */
export const topKitVariables = {
  ...topEnvironment,
  ...appSecretName,
  ...budgetEnvironment,
  ...keysVariables,
  ...retentionVariables,
  ...namesOf(['BUDGETS_TABLE', 'SHOPS_TABLE', 'QUARANTINE_TABLE', 'KEYS_TABLE']),
  LOG_LEVEL: logLevelVariable,
};

type TopKitConfig = z.output<z.ZodObject<typeof topKitVariables>>;

/** What every function that asks TOP is made of, at cold start; `db` for the tables of its own. */
export function createTopKit(functionName: string, config: TopKitConfig) {
  const [db, log] = [createDynamoDb(), createLog(functionName)];
  const keys = createKeys(config, createKeysTable(db, config.KEYS_TABLE));
  const seal = <T>(record: T, entity: Entity): Promise<SealedRecord<T>> => sealRecord(record, entity, keys);
  const { CARFERRY_RATE: rate, CARFERRY_RATES: rates, CARFERRY_PROCESSES: processes } = config;
  const budget = createSharedRateBudget({
    store: createBudgetsTable(db, config.BUDGETS_TABLE),
    callsPerSecond: (method) => rates[method] ?? rate,
    processes,
    clock,
    log,
  });
  const top = createTopClient({ ...topSettings(config), budget, log, clock, onCall });
  const shopsTable = createShopsTable(db, config.SHOPS_TABLE);
  const haltGate = createHaltGate({ shopsTable, clock, log });
  const quarantine = createQuarantineTable(db, config.QUARANTINE_TABLE, retentionOf(config));
  return { db, log, clock, keys, hmac: keys.hmac, seal, top, shopsTable, haltGate, quarantine };
}
