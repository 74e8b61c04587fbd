import * as z from 'zod';
import { configuredStart } from '../../lib/lambda/configuredStart.ts';
import * as env from '../../lib/lambda/environment.ts';
import { createTopKit, topKitVariables } from '../../lib/lambda/topKit.ts';
import { countTrades } from '../../lib/pull/countTrades.ts';
import { type BackfillEstimate, estimateBackfill } from '../../lib/pull/estimateBackfill.ts';
import { PROD_TYPES } from '../../lib/pull/pullAdOrders.ts';
import { crmTradesInfoCreate } from '../../lib/top/apis/crmTradesInfoCreate.ts';
import { udSmartOrderDetailPull } from '../../lib/top/apis/udSmartOrderDetailPull.ts';
import { counted, duration } from '../local/terminal/words.ts';

const schema = z.object({
  ...topKitVariables,
  CARFERRY_SHOPS: env.shopsVariable,
  ...env.sessionsSecretNames,
  TRADE_PAGE_SIZE: env.tradePageSizeVariable,
});

export type BackfillCost = BackfillEstimate & {
  /** Calls made for this answer: the total of each day of trades; none for ad orders, none on a stage. */
  readonly callsMade: number;
  readonly ratePerSecond: number;
  /** Where no total was asked for: the days, and how many of them a walk has counted before. */
  readonly days?: number;
  readonly daysWalked?: number;
};

export type CostInput = {
  /** Undefined: ad orders, which belong to the app. */
  readonly shop: string | undefined;
  /** Epoch ms. */
  readonly from: number;
  readonly to: number;
};

const COUNTING_MS = 600_000;

/**
 * What a backfill would cost. Of trades TOP states how many there are, day by day; of ad orders it states nothing, so
 * only the windows of both products are counted, each of which costs a call at least.
 *
 * @param environment as `openWorkingSystem` has completed it
 */
export async function backfillCost(
  { shop: nick, from, to }: CostInput,
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<BackfillCost> {
  const start = configuredStart(schema, environment, (config) => ({
    config,
    kit: createTopKit('backfill', config),
  }));
  const { config, kit } = await start();
  const rateOf = (method: string): number => config.CARFERRY_RATES[method] ?? config.CARFERRY_RATE;
  try {
    const shop = config.CARFERRY_SHOPS.find(({ sellerNick }) => sellerNick === nick);
    if (shop === undefined) {
      const ratePerSecond = rateOf(udSmartOrderDetailPull.method);
      const one = estimateBackfill({ from, to, pageSize: 1, ratePerSecond });
      const times = PROD_TYPES.length;
      const { windows, listingCalls, seconds } = one;
      const all = { windows: windows * times, listingCalls: listingCalls * times, seconds: seconds * times };
      return { ...one, ...all, rows: undefined, orderCalls: 0, callsMade: 0, ratePerSecond };
    }
    const ratePerSecond = rateOf(crmTradesInfoCreate.method);
    const limits = { signal, deadline: Date.now() + COUNTING_MS };
    const totals = (await countTrades(kit, shop, { from, to }, limits)).map(({ total }) => total);
    const estimate = estimateBackfill({ from, to, pageSize: config.TRADE_PAGE_SIZE, ratePerSecond, totals });
    return { ...estimate, callsMade: totals.length, ratePerSecond };
  } finally {
    await kit.top.close();
  }
}

/** Pure. */
export function printCost({
  windows,
  rows,
  listingCalls,
  orderCalls,
  seconds,
  callsMade,
  ratePerSecond,
  days,
  daysWalked,
}: BackfillCost): string {
  const unknown =
    days === undefined ? 'TOP states no total of ad orders' : 'no walk has counted any of these days';
  const lines = [
    rows === undefined
      ? `${counted(windows, 'window')} of a day at most; ${unknown}`
      : `${days === undefined ? '' : 'about '}${counted(rows, 'trade')} in ${counted(windows, 'window')}`,
    ...(rows !== undefined && days !== undefined
      ? [`reckoned from what walks found on ${daysWalked ?? 0} of ${counted(days, 'day')}`]
      : []),
    `${rows === undefined ? 'at least ' : ''}${counted(listingCalls, 'call')} of the listing: ` +
      `about ${duration(seconds * 1000)} at half of ${ratePerSecond} calls a second`,
    ...(orderCalls > 0
      ? [`up to ${counted(orderCalls, 'call')} more for car orders, leads and items, if every order is new`]
      : []),
    callsMade === 0
      ? 'No call was made for this.'
      : `${counted(callsMade, 'call')} made for this; nothing was changed.`,
  ];
  return `${lines.join('\n')}\n`;
}
