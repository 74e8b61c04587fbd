import type { DayManifest } from '../store/dayManifest.ts';
import type { StreamsTable } from '../store/streamsTable.ts';
import { type PullAdOrdersDeps, pullAdOrders } from './pullAdOrders.ts';
import type { RunLimits } from './pullInput.ts';
import { type PullTradesDeps, pullTrades } from './pullTrades.ts';
import type { StreamReport } from './streamReport.ts';

export type ReconcileDayDeps = {
  readonly trades: PullTradesDeps;
  readonly adOrders: PullAdOrdersDeps;
  readonly streams: Pick<StreamsTable, 'manifest'>;
};

export type ReconcileDayInput = {
  readonly shop: string;
  /** Beijing day, `yyyy-MM-dd`. */
  readonly day: string;
  /** Also ask again for car, items, attribution and lead of orders whose trade is as upstream shows it; default true. */
  readonly reask?: boolean | undefined;
  /** A reconcile of this day that finished at or after this time (ISO) counts as done: pass the time of the first call. */
  readonly since?: string | undefined;
};

export type ReconcileDayReport = {
  /** One of the trades, one for each UniDesk product; call again with the same input while one says `more`. */
  readonly streams: readonly StreamReport[];
  /** The day's manifest as this reconcile (or whoever came later) wrote it; absent before the trades are through. */
  readonly manifest?: DayManifest;
};

/**
 * A sweep on demand of one shop and day, which also finds rows that were altered or deleted by hand. Everything
 * that is not as upstream shows it goes the ordinary way once more: through the queues and their consumers.
 * Resumable: bounded by `limits`, it stores its place and answers `more`.
 *
 * On AWS the same is done by invoking `pullTrades` and `pullAdOrders` with `{ lane: 'reconcile', shop, day }`.
 */
export async function reconcileDay(
  deps: ReconcileDayDeps,
  { shop, day, reask, since }: ReconcileDayInput,
  limits: RunLimits,
): Promise<ReconcileDayReport> {
  const input = { lane: 'reconcile', shop, day, reask, since } as const;
  const trades = await pullTrades(deps.trades, input, limits);
  const adOrders = await pullAdOrders(deps.adOrders, input, limits);
  const streams = [...trades.streams, ...adOrders.streams];
  const isThrough = trades.streams.every(({ state }) => state === 'caught-up');
  const manifest = isThrough ? await deps.streams.manifest(shop, day) : undefined;
  return { streams, ...(manifest !== undefined && { manifest }) };
}
