import * as z from 'zod';
import { createSqs } from '../lib/lambda/awsClients.ts';
import { configuredStart } from '../lib/lambda/configuredStart.ts';
import * as env from '../lib/lambda/environment.ts';
import { adPullTimesVariables, pullTimes } from '../lib/lambda/pullTimes.ts';
import { scheduledHandler } from '../lib/lambda/scheduledHandler.ts';
import { createTopKit, topKitVariables } from '../lib/lambda/topKit.ts';
import { type PullAdOrdersDeps, pullAdOrders } from '../lib/pull/pullAdOrders.ts';
import { type PullInput, pullInputSchema, type RunLimits } from '../lib/pull/pullInput.ts';
import { createSender } from '../lib/queue/sendBatch.ts';
import { createAdOrdersTable } from '../lib/store/adOrdersTable.ts';
import { createStreamsTable } from '../lib/store/streamsTable.ts';

export const configSchema = z.lazy(() =>
  z.object({
    ...topKitVariables,
    ...env.namesOf(['AD_ORDERS_TABLE', 'STREAMS_TABLE']),
    AD_ORDERS_QUEUE_URL: env.queueUrlVariable,
    ...adPullTimesVariables,
  }),
);

/** The app's ad-attributed order lines, window by window, into the ad-orders queue. */
export function createPullAdOrders(deps: PullAdOrdersDeps) {
  return (input: PullInput, limits: RunLimits) => pullAdOrders(deps, input, limits);
}

const start = configuredStart(configSchema, process.env, async (config) => {
  const { db, ...kit } = createTopKit('pullAdOrders', config);
  await kit.keys.ready();
  return createPullAdOrders({
    ...kit,
    adOrders: createAdOrdersTable(db, config.AD_ORDERS_TABLE),
    streams: createStreamsTable(db, config.STREAMS_TABLE),
    sender: createSender(createSqs(), config.AD_ORDERS_QUEUE_URL),
    appKey: config.TOP_APP_KEY,
    times: pullTimes({ ...config, SWEEP_MINUTES: config.AD_SWEEP_MINUTES }),
  });
});

export const handler = scheduledHandler({
  input: pullInputSchema,
  start,
  run: (pull, input, limits) => pull(input, limits),
});
