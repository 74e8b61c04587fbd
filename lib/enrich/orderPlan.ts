import { toEpochMs, toIso } from '../domain/chinaTime.ts';
import { type OrderRecord, STEPS, type Step } from '../domain/order.ts';
import type { TradeFacet } from '../domain/tradeFacet.ts';
import type { Due } from '../store/duesTable.ts';
import type { EnrichShop } from './stores.ts';

const HOUR_MS = 3600 * 1000;
const DAY_MS = 24 * HOUR_MS;

/** TOP may know the car order later than the trade: asked again this long after the order was first seen. */
const CAR_CHECKS_MS = [HOUR_MS, DAY_MS, 3 * DAY_MS];
/** TOP lists trades of three months; an order older than that is no longer watched. */
const WATCHED_MS = 92 * DAY_MS;

const CLOSED: ReadonlySet<string> = new Set(['TRADE_FINISHED', 'TRADE_CLOSED', 'TRADE_CLOSED_BY_TAOBAO']);

/** The steps a trade owes: all, or without `car` and `lead` when its categories say that it is no car. */
export function stepsOwedBy(trade: TradeFacet, shop: EnrichShop | undefined): Step[] {
  return mayBeCar(trade, shop) ? [...STEPS] : STEPS.filter((step) => step !== 'car' && step !== 'lead');
}

function mayBeCar({ subOrders }: TradeFacet, shop: EnrichShop | undefined): boolean {
  const carCids = shop?.carCids;
  if (carCids === undefined || subOrders.length === 0) return true;
  return subOrders.some(({ categoryId }) => categoryId === undefined || carCids.includes(categoryId));
}

/** When to look at an order again although nothing is owed; undefined when it is settled. */
export function nextLook(order: OrderRecord, now: number): Due | undefined {
  const { orderId, shop, trade, car } = order;
  if (trade === undefined) return undefined;
  const due = { orderId, shop, attempts: 0 };
  // Also of a closed trade: a backfill meets it first when it is long done.
  if (car === null) {
    const firstSeen = toEpochMs(order.firstSeenAt);
    const check = CAR_CHECKS_MS.map((ms) => firstSeen + ms).find((at) => at > now);
    return check === undefined
      ? undefined
      : { ...due, reason: 'carCheck', dueAt: toIso(check), steps: ['car'] };
  }
  if (CLOSED.has(trade.statusCode)) return undefined;
  if (car === undefined || toEpochMs(trade.createdAt) + WATCHED_MS < now) return undefined;
  return { ...due, reason: 'openOrder', dueAt: toIso(now + DAY_MS), steps: ['car', 'attribution'] };
}
