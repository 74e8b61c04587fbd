import type { Clock } from '../../../lib/core/clock.ts';
import { sessionsLeft } from '../../../lib/store/sessionsLeft.ts';
import { aliautoLeadInfoGet } from '../../../lib/top/apis/aliautoLeadInfoGet.ts';
import { aliautoTradeCarOrderGet } from '../../../lib/top/apis/aliautoTradeCarOrderGet.ts';
import type { System } from '../system.ts';
import { readDays } from './dayStatus.ts';
import { keepLooking, type Pace } from './keepLooking.ts';
import type { LiveSnapshot } from './snapshot.ts';

/** Days and sessions change by the quarter of an hour. */
const STANDING: Pace = { everyMs: 10_000, costShare: 0.02, mostMs: 60_000 };
/** A method that nobody has called yet has no row; the default of CARFERRY_RATE. */
const DEFAULT_RATE = 5;

type Standing = Pick<LiveSnapshot, 'shops' | 'limits'>;

/** Looks now and then how the shops stand and what the shared budgets allow. */
export function watchStanding(
  { stores, shops }: Pick<System, 'stores' | 'shops'>,
  clock: Clock,
): { read(): Standing; stop(): void } {
  let standing: Standing = { shops: [], limits: {} };
  const { stop } = keepLooking(STANDING, async () => {
    const now = clock.now();
    const [days, sessions, budgets] = await Promise.all([
      readDays(stores, shops, now),
      sessionsLeft(stores, now),
      stores.budgets.list(),
    ]);
    standing = {
      shops: days.map((one) => ({
        ...one,
        daysLeft: sessions.find(({ shop }) => shop === one.shop)?.daysLeft ?? null,
      })),
      limits: limitsOf(budgets),
    };
  });
  return { read: () => standing, stop };
}

/** Calls a second by method; the row of the whole app has none. */
export function limitsOf(
  budgets: readonly { readonly method: string; readonly callsPerSecond?: number | null | undefined }[],
): Record<string, number> {
  return Object.fromEntries(
    budgets.flatMap(({ method, callsPerSecond }) =>
      method === '*' || callsPerSecond === undefined || callsPerSecond === null
        ? []
        : [[method, callsPerSecond]],
    ),
  );
}

/** The limits that decide how fast orders and lead checks are worked off. */
export function drainRates(limits: Readonly<Record<string, number>>): { carRate: number; leadRate: number } {
  return {
    carRate: limits[aliautoTradeCarOrderGet.method] ?? DEFAULT_RATE,
    leadRate: limits[aliautoLeadInfoGet.method] ?? DEFAULT_RATE,
  };
}
