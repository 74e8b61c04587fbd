import { CarferryError, configurationError } from '../core/errors.ts';
import type { Sender } from '../queue/sendBatch.ts';
import { crmTradesInfoCreate } from '../top/apis/crmTradesInfoCreate.ts';
import { createAppGate } from './appGate.ts';
import { type ConfirmDaysDeps, confirmDays } from './confirmDays.ts';
import { inParallel } from './inParallel.ts';
import { LANES } from './lanes.ts';
import { type PullTimes, planTradeStreams } from './planStreams.ts';
import type { PullInput, RunLimits } from './pullInput.ts';
import { createRowParking, type RowParkingDeps } from './rowParking.ts';
import { type RunStreamDeps, runStream } from './runStream.ts';
import type { StreamReport } from './streamReport.ts';
import { createTradeSource, type TradeShop, type TradeSourceDeps } from './walkTrades.ts';

/** Shops at a time: one that waits for a slow gateway does not keep the others. */
const SHOPS_AT_ONCE = 4;

export type PullTradesDeps = Omit<TradeSourceDeps, 'parking'> &
  RowParkingDeps &
  RunStreamDeps & {
    readonly sender: Sender;
    readonly streams: ConfirmDaysDeps['streams'];
    readonly shops: readonly TradeShop[];
    readonly times: PullTimes;
  };

/** Pulls the trades of every shop in one lane. One failing stream never stops the others. */
export async function pullTrades(
  deps: PullTradesDeps,
  input: PullInput,
  limits: RunLimits,
): Promise<{ streams: StreamReport[] }> {
  if (input.lane === 'reconcile' && deps.healer === undefined) {
    throw configurationError('healer', 'a reconcile needs the stored orders and the keys');
  }
  const shops = deps.shops.filter(({ sellerNick }) => input.shop === undefined || sellerNick === input.shop);
  if (shops.length === 0) throw unknownShop();
  const nicks = shops.map(({ sellerNick }) => sellerNick);
  const plans = planTradeStreams(input, nicks, deps.times, deps.clock);
  const top = createAppGate(deps.top);
  const parking = createRowParking(crmTradesInfoCreate.method, deps);
  const streams = await inParallel(plans, SHOPS_AT_ONCE, async (plan) => {
    const shop = shops.find(({ sellerNick }) => sellerNick === plan.shop);
    if (shop === undefined) throw unknownShop();
    const otherShops = new Set(deps.shops.map(({ sellerNick }) => sellerNick));
    otherShops.delete(shop.sellerNick);
    const source = createTradeSource(shop, { ...deps, top, parking, otherShops });
    return await runStream(plan, source, limits, deps);
  });
  // The sweep that runs most often looks after the days of all.
  if (input.lane === 'day') {
    const { lookbackMs } = (deps.times.sweeps ?? LANES).quarter;
    await inParallel(nicks, SHOPS_AT_ONCE, (shop) => confirmDays(shop, lookbackMs, deps));
  }
  return { streams };
}

function unknownShop(): CarferryError {
  return new CarferryError({
    disposition: 'park',
    reason: 'malformed-input',
    message: 'no configured shop has this name',
    field: 'shop',
    hint: 'compare it with sellerNick in CARFERRY_SHOPS',
  });
}
