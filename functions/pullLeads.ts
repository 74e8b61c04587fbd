import * as z from 'zod';
import { createSqs } from '../lib/lambda/awsClients.ts';
import { configuredStart } from '../lib/lambda/configuredStart.ts';
import * as env from '../lib/lambda/environment.ts';
import { scheduledHandler } from '../lib/lambda/scheduledHandler.ts';
import { createSessionsWatch } from '../lib/lambda/sessionsWatch.ts';
import { createTopKit, topKitVariables } from '../lib/lambda/topKit.ts';
import { type LeadChecksDeps, runLeadChecks } from '../lib/pull/leadChecks.ts';
import { type DuesInput, duesInputSchema, type RunLimits } from '../lib/pull/pullInput.ts';
import { gatherSends } from '../lib/queue/gatherSends.ts';
import { createSender } from '../lib/queue/sendBatch.ts';
import { createDuesTable } from '../lib/store/duesTable.ts';

export const configSchema = z.lazy(() =>
  z.object({
    ...topKitVariables,
    CARFERRY_SHOPS: env.shopsVariable,
    ...env.sessionsSecretNames,
    ...env.namesOf(['DUES_TABLE']),
    LEADS_QUEUE_URL: env.queueUrlVariable,
    NOT_FOUND_CODES_LEAD: env.notFoundCodesLeadVariable,
  }),
);

/** The lead of every order whose check is due, into the leads queue. */
export function createPullLeads(deps: LeadChecksDeps) {
  return (input: DuesInput, limits: RunLimits) => runLeadChecks(deps, input, limits);
}

const start = configuredStart(configSchema, process.env, async (config) => {
  const { db, ...kit } = createTopKit('pullLeads', config);
  await kit.keys.ready();
  const dues = createDuesTable(db, config.DUES_TABLE, kit.log);
  const shops = config.CARFERRY_SHOPS;
  const sender = gatherSends(createSender(createSqs(), config.LEADS_QUEUE_URL));
  return {
    watchSessions: createSessionsWatch({ ...kit, dues, shops }),
    pullLeads: createPullLeads({
      ...kit,
      dues,
      sender,
      shops,
      notFoundCodes: config.NOT_FOUND_CODES_LEAD,
    }),
  };
});

export const handler = scheduledHandler({
  input: duesInputSchema,
  start,
  run: async ({ watchSessions, pullLeads }, input, limits) => {
    await watchSessions();
    return pullLeads(input, limits);
  },
});
