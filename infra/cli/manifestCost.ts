import { chinaDate } from '../../lib/domain/chinaTime.ts';
import { estimateBackfill, windowsOf } from '../../lib/pull/estimateBackfill.ts';
import { PROD_TYPES } from '../../lib/pull/pullAdOrders.ts';
import { crmTradesInfoCreate } from '../../lib/top/apis/crmTradesInfoCreate.ts';
import { udSmartOrderDetailPull } from '../../lib/top/apis/udSmartOrderDetailPull.ts';
import { counted, duration } from '../local/terminal/words.ts';
import type { BackfillCost, CostInput } from './backfillCost.ts';
import type { OpenData } from './openData.ts';

type Known = Pick<OpenData, 'stores' | 'wiring'>;
const DEFAULT_RATE = 5;
const DEFAULT_PAGE = 100;

/**
 * What a backfill would cost, reckoned without a call: rows of each day as its last walk counted them, and the mean of
 * those for days that no walk has closed. Without a day that is known there are no rows, as with ad orders.
 */
export async function manifestCost({ shop, from, to }: CostInput, data: Known): Promise<BackfillCost> {
  if (shop === undefined) return await adOrdersCost({ from, to }, data);
  const windows = windowsOf({ from, to });
  const [first, last] = [chinaDate(from), chinaDate(to - 1)];
  const manifests = await data.stores.streams.manifests(shop, first, last);
  const upstream = new Map(
    manifests.flatMap((one) => ('upstream' in one ? [[one.day, one.upstream] as const] : [])),
  );
  const known = [...upstream.values()];
  const mean = known.length === 0 ? 0 : known.reduce((sum, rows) => sum + rows, 0) / known.length;
  const totals = windows.map((window) => upstream.get(chinaDate(window.from)) ?? Math.ceil(mean));
  const ratePerSecond = await rateOf(crmTradesInfoCreate.method, data);
  const estimate = estimateBackfill({
    ...{ from, to, ratePerSecond, pageSize: pageSizeOf(data) },
    ...(known.length > 0 && { totals }),
  });
  const days = new Set(windows.map((window) => chinaDate(window.from))).size;
  return { ...estimate, callsMade: 0, ratePerSecond, days, daysWalked: known.length };
}

async function adOrdersCost(bounds: { from: number; to: number }, data: Known): Promise<BackfillCost> {
  const ratePerSecond = await rateOf(udSmartOrderDetailPull.method, data);
  const { windows, listingCalls, seconds } = estimateBackfill({ ...bounds, pageSize: 1, ratePerSecond });
  const times = PROD_TYPES.length;
  return {
    ...{ windows: windows * times, rows: undefined, listingCalls: listingCalls * times, orderCalls: 0 },
    ...{ seconds: seconds * times, callsMade: 0, ratePerSecond },
  };
}

/** What a reconcile of one day would cost: both listings once, and every order asked for again. */
export async function reconcileCost(
  { shop, day, source }: { shop: string; day: string; source?: 'trades' | 'ad-orders' | undefined },
  data: Known,
): Promise<ReconcileCost> {
  const from = Date.parse(`${day}T00:00:00+08:00`);
  const bounds = { from, to: from + DAY_MS };
  const trades = source === 'ad-orders' ? undefined : await manifestCost({ shop, ...bounds }, data);
  const lines = source === 'trades' ? undefined : await manifestCost({ shop: undefined, ...bounds }, data);
  return {
    rows: trades?.rows,
    tradeCalls: trades?.listingCalls ?? 0,
    adCalls: lines?.listingCalls ?? 0,
    orderCalls: trades?.orderCalls ?? 0,
    seconds: (trades?.seconds ?? 0) + (lines?.seconds ?? 0),
    callsMade: 0,
  };
}

export type ReconcileCost = {
  /** Orders of the day as its last walk found them; undefined when none has. */
  readonly rows: number | undefined;
  readonly tradeCalls: number;
  /** At least: a page more for each page of lines. */
  readonly adCalls: number;
  readonly orderCalls: number;
  /** For the listings, at half of the rate. */
  readonly seconds: number;
  readonly callsMade: 0;
};

const DAY_MS = 86_400_000;

/** Pure. */
export function printReconcileCost({
  rows,
  tradeCalls,
  adCalls,
  orderCalls,
  seconds,
}: ReconcileCost): string {
  const listings = [
    ...(tradeCalls > 0
      ? [`${rows === undefined ? 'at least ' : ''}${counted(tradeCalls, 'call')} for the list of trades`]
      : []),
    ...(adCalls > 0 ? [`at least ${counted(adCalls, 'call')} for ad orders`] : []),
  ];
  const lines = [
    `A reconcile would make ${listings.join(' and ')}: about ${duration(seconds * 1000)}.`,
    ...(orderCalls > 0
      ? [
          `Each order is asked for again: up to ${counted(orderCalls, 'call')} for car orders, leads and items. ` +
            'Orders that were missing cost a second walk of the list.',
        ]
      : tradeCalls > 0 && rows === undefined
        ? ['No walk has counted the day yet; each order costs up to 3 calls more.']
        : []),
    'No call was made for this; nothing was changed.',
  ];
  return `${lines.join('\n')}\n`;
}

/** The limit that the last caller was configured with, else that of the template. */
async function rateOf(method: string, { stores, wiring }: Known): Promise<number> {
  const used = (await stores.budgets.list()).find((budget) => budget.method === method);
  return used?.callsPerSecond ?? (Number(variableOf('CARFERRY_RATE', wiring)) || DEFAULT_RATE);
}

function pageSizeOf({ wiring }: Pick<Known, 'wiring'>): number {
  return Number(variableOf('TRADE_PAGE_SIZE', wiring)) || DEFAULT_PAGE;
}

function variableOf(name: string, { functions }: Known['wiring']): string {
  const value = functions.find((one) => one.name === 'pullTrades')?.environment[name];
  return typeof value === 'string' ? value : '';
}
