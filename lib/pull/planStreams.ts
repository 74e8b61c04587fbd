import type { Clock } from '../core/clock.ts';
import { CarferryError } from '../core/errors.ts';
import { toEpochMs, toIso } from '../domain/chinaTime.ts';
import {
  adOrderStream,
  adOrderStreams,
  type BackfillBounds,
  LANES,
  type Lane,
  type Sweep,
  tradeStream,
  tradeStreams,
} from './lanes.ts';
import type { PullInput } from './pullInput.ts';
import type { StreamPlan } from './streamPlan.ts';
import { nextMidnight, wholeSecond } from './windows.ts';

/** Configured times, in milliseconds. */
export type PullTimes = {
  /** A record counts as listed this long after its creation. */
  readonly settleMs: number;
  readonly overlapMs: number;
  /** Where a live stream without a watermark begins. */
  readonly lookbackMs: number;
  /** How far back each sweep looks and how often it is started; default {@link LANES}. */
  readonly sweeps?: SweepTimes | undefined;
};

export type SweepTimes = {
  readonly [Name in Sweep]: { readonly lookbackMs: number; readonly everyMs: number };
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
  if (lane === 'reconcile') return dayFrame(input, settleMs, settled, now);
  const { lookbackMs, everyMs } = laneTimes(lane, times);
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
    restMs: everyMs / 2,
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

function laneTimes(lane: Lane, { lookbackMs, sweeps = LANES }: PullTimes) {
  if (lane === 'live') return { ...LANES.live, lookbackMs };
  return lane === 'backfill' || lane === 'reconcile' ? LANES[lane] : sweeps[lane];
}

/** A reconcile walks one Beijing day, as far as it has settled. */
function dayFrame(
  { day = '', since, reask, shop }: PullInput,
  settleMs: number,
  settled: number,
  now: number,
): Frame {
  const from = toEpochMs(`${day}T00:00:00+08:00`);
  const until = Math.min(settled, nextMidnight(from));
  if (until <= from) {
    throw new CarferryError({
      disposition: 'park',
      reason: 'malformed-input',
      message: 'nothing of this day has settled yet',
      field: 'day',
    });
  }
  return {
    lane: 'reconcile',
    from,
    until,
    demand: { fresh: false, since: since === undefined ? undefined : toEpochMs(since), now, restMs: 0 },
    overlapMs: 0,
    settleMs,
    bounds: { from: toIso(from), to: toIso(until) },
    isScheduledSweep: false,
    reask: reask ?? true,
    onlyShop: shop,
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
    // Rows of one shop, so each shop's reconcile has a place of its own.
    stream: `${adOrderStream(prodType, frame.lane, bounds)}${frame.lane === 'reconcile' ? `#${input.shop}` : ''}`,
    source: 'adOrders',
    prodType,
    siblings: adOrderStreams(prodType),
  }));
}
