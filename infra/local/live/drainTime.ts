/** How long the work that waits will take. */
export type DrainTime = {
  readonly leftMs: number;
  /** `last-minutes`: at the pace at which orders were stored; `rates`: at the configured calls a second. */
  readonly by: 'last-minutes' | 'rates';
};

export type DrainInput = {
  /** Messages that wait, by noun of their queue. */
  readonly orders: number;
  readonly leads: number;
  /** Lead checks whose time has come. */
  readonly due: number;
  /** Orders stored a second, lately; undefined where nobody has watched. */
  readonly ordersPerSecond?: number | undefined;
  /** Calls a second that the car order and the lead API may have. */
  readonly carRate: number;
  readonly leadRate: number;
  /** Longest wait for a ban, in ms. */
  readonly bannedMs: number;
};

/**
 * Until queues and due checks are worked off; undefined when nothing waits. Each order costs a call for the car and one
 * for the lead, on lines of their own, so the slower line decides. Ad lines cost no call. Pure.
 */
export function drainTime(input: DrainInput): DrainTime | undefined {
  const { orders, leads, due, ordersPerSecond = 0, carRate, leadRate, bannedMs } = input;
  if (orders + leads + due === 0) return undefined;
  const ofRates = Math.max(orders / carRate, (orders + leads + due) / leadRate);
  // A pace says something only while there are orders to store.
  const isPaced = orders > 0 && ordersPerSecond > 0;
  const ofPace = Math.max(orders / ordersPerSecond, (leads + due) / leadRate);
  const seconds = isPaced ? ofPace : ofRates;
  return { leftMs: Math.round(bannedMs + seconds * 1000), by: isPaced ? 'last-minutes' : 'rates' };
}

/** Orders a second over the last `minutes` of a series in equal steps; undefined before a minute was watched. */
export function paceOf(
  { stepMs, orders }: { readonly stepMs: number; readonly orders: readonly number[] },
  minutes = 5,
): number | undefined {
  const steps = orders.slice(-Math.ceil((minutes * 60_000) / stepMs));
  const seconds = (steps.length * stepMs) / 1000;
  return seconds < 60 ? undefined : steps.reduce((sum, count) => sum + count, 0) / seconds;
}
