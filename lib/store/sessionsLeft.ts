import { toEpochMs } from '../domain/chinaTime.ts';
import type { ShopsTable } from './shopsTable.ts';

const DAY_MS = 86_400_000;

/** How long the session of a shop will do. */
export type SessionLeft = {
  readonly shop: string;
  /** ISO; absent: nobody knows when it ends. */
  readonly expiresAt?: string;
  /** Days begun that are left; 0 or less: it has ended. */
  readonly daysLeft?: number;
};

/** Days begun until `expiresAt`: 14 from the moment on at which exactly 14 days are left. */
export function daysUntil(expiresAt: string, now: number): number {
  return Math.ceil((toEpochMs(expiresAt) - now) / DAY_MS);
}

/** The sessions that the system works with, those that end first coming first. */
export async function sessionsLeft(
  stores: { readonly shops: Pick<ShopsTable, 'sessions'> },
  now: number,
): Promise<SessionLeft[]> {
  const rows = await stores.shops.sessions();
  return rows
    .map(({ shop, expiresAt }) => ({
      shop,
      ...(expiresAt === undefined ? {} : { expiresAt, daysLeft: daysUntil(expiresAt, now) }),
    }))
    .sort(
      (a, b) =>
        (a.daysLeft ?? Number.MAX_SAFE_INTEGER) - (b.daysLeft ?? Number.MAX_SAFE_INTEGER) ||
        (a.shop < b.shop ? -1 : 1),
    );
}
