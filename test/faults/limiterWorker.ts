import * as z from 'zod';
import { systemClock as clock } from '../../lib/core/clock.ts';
import { silentLog } from '../../lib/core/log.ts';
import { createDynamoDb } from '../../lib/lambda/awsClients.ts';
import { createBudgetsTable } from '../../lib/store/budgetsTable.ts';
import { aliautoLeadInfoGet } from '../../lib/top/apis/aliautoLeadInfoGet.ts';
import type { RateBudget } from '../../lib/top/rateBudget.ts';
import { createSharedRateBudget } from '../../lib/top/sharedRateBudget.ts';
import { createTopClient } from '../../lib/top/topClient.ts';
import { type WorkerReport, workerOrderSchema } from './limiterMessages.ts';

/*
 * One of many processes that call TOP as fast as the shared budget lets them, and remember when every call started
 * and when a ban was heard of.
 */
process.on('disconnect', () => process.exit(0));
const order = workerOrderSchema.parse(JSON.parse(process.argv[2] ?? ''));
const starts: number[] = [];
const bans: { at: number; until: number }[] = [];

const shared = createSharedRateBudget({
  store: createBudgetsTable(createDynamoDb(), order.table),
  callsPerSecond: () => order.callsPerSecond,
  processes: order.processes,
  clock,
  log: silentLog,
});
const budget: RateBudget = {
  ...shared,
  acquire: async (...wanted) => {
    await shared.acquire(...wanted);
    starts.push(Date.now());
  },
  ban: (appKey, method, until) => {
    bans.push({ at: Date.now(), until });
    return shared.ban(appKey, method, until);
  },
};
const { topUrl, qimenUrl, appKey, appSecret } = order.gateway;
const top = createTopClient({ topUrl, qimenUrl, appKey, appSecret, budget, log: silentLog, clock });

async function keepCalling(until: number): Promise<void> {
  const options = { session: order.gateway.session, priority: order.priority, deadline: until };
  while (Date.now() < until - 300) {
    await top.call(aliautoLeadInfoGet, { lead_top_query: { order_id: '1' } }, options).catch(() => undefined);
  }
}

process.once('message', (message) => {
  const { begin, end } = z.object({ begin: z.number(), end: z.number() }).parse(message);
  const work = async (): Promise<void> => {
    await clock.sleep(Math.max(0, begin - Date.now()));
    await Promise.all(Array.from({ length: order.callers }, () => keepCalling(end)));
    const report: WorkerReport = { starts, bans };
    process.send?.(report, () => process.exit(0));
  };
  void work();
});
process.send?.('ready');
