import type { Random } from '../random.ts';
import { floorSecond } from './timeline.ts';

export type TradeType = 'step' | 'nopaid' | 'pre_auth_type' | 'fixed' | 'guarantee_trade' | 'auto_delivery';

export type TradeEventKind =
  | 'created'
  | 'depositPaid'
  | 'paid'
  | 'shipped'
  | 'flagged'
  | 'finished'
  | 'closedUnpaid'
  | 'refundAsked'
  | 'refundRefused'
  | 'refunded';

/** `at` is epoch milliseconds; whole seconds except for `flagged`, which follows an event within its second. */
export type TradeEvent = { at: number; kind: TradeEventKind };

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Everything that will ever happen to a trade, in order of time; the future included. */
export function tradeLife(random: Random, type: TradeType, isCar: boolean, createdAt: number): TradeEvent[] {
  const events: TradeEvent[] = [{ at: createdAt, kind: 'created' }];
  let clock = createdAt;
  const later = (kind: TradeEventKind, fromMs: number, toMs: number) => {
    // Half of the delays are short, so that a young world changes as well.
    const spread = random.next() ** 2;
    clock = floorSecond(clock + fromMs + spread * (toMs - fromMs));
    events.push({ at: clock, kind });
    if (random.chance(0.03)) events.push({ at: clock + 500, kind: 'flagged' });
  };
  /** True when the refund went through and the trade is over. */
  const refund = (probability: number) => {
    if (!random.chance(probability)) return false;
    later('refundAsked', HOUR_MS, 5 * DAY_MS);
    const granted = random.chance(0.8);
    later(granted ? 'refunded' : 'refundRefused', 10 * MINUTE_MS, 3 * DAY_MS);
    return granted;
  };

  if (type === 'nopaid') {
    if (random.chance(0.1)) later('closedUnpaid', HOUR_MS, 3 * DAY_MS);
    else later('finished', MINUTE_MS, 3 * DAY_MS);
    return events;
  }
  if (random.chance(type === 'step' ? 0.18 : 0.12)) {
    later('closedUnpaid', DAY_MS, 3 * DAY_MS);
    return events;
  }
  if (type === 'step') {
    later('depositPaid', 20_000, 30 * HOUR_MS);
    if (refund(0.12)) return events;
    later('paid', HOUR_MS, 20 * DAY_MS);
  } else {
    later('paid', 15_000, 10 * HOUR_MS);
  }
  if (refund(0.07)) return events;
  if (!isCar && type !== 'auto_delivery') later('shipped', 2 * HOUR_MS, 40 * HOUR_MS);
  later('finished', isCar ? 2 * DAY_MS : HOUR_MS, isCar ? 25 * DAY_MS : 10 * DAY_MS);
  return events;
}
