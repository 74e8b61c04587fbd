import * as z from 'zod';
import { systemClock as clock } from '../lib/core/clock.ts';
import { createDynamoDb, createSqs } from '../lib/lambda/awsClients.ts';
import { configuredStart } from '../lib/lambda/configuredStart.ts';
import * as env from '../lib/lambda/environment.ts';
import { createLog } from '../lib/lambda/log.ts';
import { scheduledHandler } from '../lib/lambda/scheduledHandler.ts';
import { type EnqueueDuesDeps, enqueueDues } from '../lib/pull/dues.ts';
import { type DuesInput, duesInputSchema, type RunLimits } from '../lib/pull/pullInput.ts';
import { gatherSends } from '../lib/queue/gatherSends.ts';
import { createSender } from '../lib/queue/sendBatch.ts';
import { createDuesTable } from '../lib/store/duesTable.ts';

export const configSchema = z.lazy(() =>
  z.object({
    DUES_TABLE: env.nameVariable,
    ORDERS_QUEUE_URL: env.queueUrlVariable,
    LOG_LEVEL: env.logLevelVariable,
  }),
);

/** Orders whose time has come, back into the orders queue. */
export function createEnqueueDues(deps: EnqueueDuesDeps) {
  return (input: DuesInput, limits: RunLimits) => enqueueDues(deps, input, limits);
}

const start = configuredStart(configSchema, process.env, (config) => {
  return createEnqueueDues({
    dues: createDuesTable(createDynamoDb(), config.DUES_TABLE, createLog('enqueueDues')),
    sender: gatherSends(createSender(createSqs(), config.ORDERS_QUEUE_URL)),
    clock,
  });
});

export const handler = scheduledHandler({
  input: duesInputSchema,
  start,
  run: (enqueue, input, limits) => enqueue(input, limits),
});
