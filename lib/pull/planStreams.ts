import type { Clock } from '../core/clock.ts';
import { CarferryError } from '../core/errors.ts';
import { toEpochMs, toIso } from '../domain/chinaTime.ts';
import {
  adOrderStream,
  adOrderStreams,
  type BackfillBounds,
  LANES,
  tradeStream,
  tradeStreams,
} from './lanes.ts';
import type { PullInput } from './pullInput.ts';
import type { StreamPlan } from './streamPlan.ts';
import { wholeSecond } from './windows.ts';

/** Configured times, in milliseconds. */
export type PullTimes = {
  /** A record counts as listed this long after its creation. */
  readonly settleMs: number;
  readonly overlapMs: number;
  /** Where a live stream without a watermark begins. */
  readonly lookbackMs: number;
};

type Frame = Omit<StreamPlan, 'stream' | 'source' | 'shop' | 'siblings' | 'waitsFor'> & {
  readonly bounds: BackfillBounds;
  /** Live work goes before sweeps; a sweep that somebody asked for does not wait. */
  readonly isScheduledSweep: boolean;
};

/** What the input asks for, the same for every stream of the run. */
function frameOf(input: PullInput, times: PullTimes, clock: Pick<Clock, 'now'>): Frame {
  const { lane } = input;
  const { settleMs, overlapMs } = times;
  const now = clock.now();
  // Later than this nothing has settled, whoever asks for it.
  const settled = wholeSecond(now - settleMs);
  const until = input.until === undefined ? settled : Math.min(settled, wholeSecond(toEpochMs(input.until)));
  const lookbackMs = lane === 'live' ? times.lookbackMs : LANES[lane].lookbackMs;
  const from = wholeSecond(input.from === undefined ? now - lookbackMs : toEpochMs(input.from));
  if (input.from !== undefined && input.until !== undefined && from > toEpochMs(input.until)) {
    throw new CarferryError({
      disposition: 'park',
      reason: 'malformed-input',
      message: 'from is later than until',
      field: 'from',
    });
  }
  const demand = {
    fresh: input.fresh === true && input.until !== undefined,
    since: input.since === undefined ? undefined : toEpochMs(input.since),
    now,
    restMs: LANES[lane].everyMs / 2,
  };
  return {
    lane,
    from: Math.min(from, until),
    until,
    demand,
    overlapMs: lane === 'live' ? overlapMs : 0,
    settleMs,
    bounds: { from: toIso(from), to: toIso(until) },
    isScheduledSweep: lane !== 'live' && lane !== 'backfill' && !demand.fresh && demand.since === undefined,
  };
}

/** One plan for each shop. */
export function planTradeStreams(
  input: PullInput,
  shops: readonly string[],
  times: PullTimes,
  clock: Pick<Clock, 'now'>,
): (StreamPlan & { readonly shop: string })[] {
  const { bounds, isScheduledSweep, ...frame } = frameOf(input, times, clock);
  return shops.map((shop) => ({
    ...frame,
    waitsFor: isScheduledSweep ? tradeStream(shop, 'live') : undefined,
    stream: tradeStream(shop, frame.lane, bounds),
    source: 'trades',
    shop,
    siblings: tradeStreams(shop),
  }));
}

/** One plan for each UniDesk product. */
export function planAdOrderStreams(
  input: PullInput,
  prodTypes: readonly number[],
  times: PullTimes,
  clock: Pick<Clock, 'now'>,
): (StreamPlan & { readonly prodType: number })[] {
  const { bounds, isScheduledSweep, ...frame } = frameOf(input, times, clock);
  return prodTypes.map((prodType) => ({
    ...frame,
    waitsFor: isScheduledSweep ? adOrderStream(prodType, 'live') : undefined,
    stream: adOrderStream(prodType, frame.lane, bounds),
    source: 'adOrders',
    prodType,
    siblings: adOrderStreams(prodType),
  }));
}
