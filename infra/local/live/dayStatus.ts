import { chinaDate } from '../../../lib/domain/chinaTime.ts';
import type { Stores } from '../stores.ts';

/** How the days of one shop stand, by the manifests that sweeps wrote. */
export type ShopDays = {
  readonly shop: string;
  readonly green: number;
  readonly red: readonly { readonly day: string; readonly reason: string }[];
  /** Days without a manifest between the first one and yesterday. */
  readonly unproven: number;
};

const DAY_MS = 86_400_000;
/** TOP lists no more than this. */
const DAYS_LISTED = 92;

/**
 * The days of every shop that has manifests.
 * @param now epoch ms
 */
export async function readDays(
  { streams }: Pick<Stores, 'streams'>,
  shops: readonly string[],
  now: number,
): Promise<ShopDays[]> {
  const [first, yesterday] = [chinaDate(now - DAYS_LISTED * DAY_MS), chinaDate(now - DAY_MS)];
  return await Promise.all(
    shops.map(async (shop) => {
      const manifests = await streams.manifests(shop, first, chinaDate(now));
      const red = manifests.flatMap((manifest) => {
        if (manifest.state === 'green') return [];
        return [
          { day: manifest.day, reason: 'reason' in manifest ? (manifest.reason ?? 'red') : manifest.state },
        ];
      });
      const known = new Set(manifests.map(({ day }) => day));
      const begin = manifests[0]?.day;
      const unproven =
        begin === undefined ? 0 : daysFrom(begin, yesterday).filter((day) => !known.has(day)).length;
      return { shop, green: manifests.length - red.length, red, unproven };
    }),
  );
}

function daysFrom(first: string, last: string): string[] {
  const days: string[] = [];
  for (let at = Date.parse(`${first}T12:00:00+08:00`); chinaDate(at) <= last; at += DAY_MS)
    days.push(chinaDate(at));
  return days;
}
