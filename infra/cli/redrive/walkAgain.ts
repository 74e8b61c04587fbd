import { systemClock } from '../../../lib/core/clock.ts';
import { chinaDate, toIso } from '../../../lib/domain/chinaTime.ts';
import type { Parked } from '../../../lib/store/quarantineTable.ts';
import type { PullFunction } from '../../local/pulls.ts';
import type { View, Workplace } from '../workplace.ts';
import { routeOf } from './parkedRoutes.ts';

/** What is walked again for parked rows of listings: one day of a shop, or all that TOP lists where no day is known. */
export type Walk = {
  readonly pull: PullFunction;
  readonly shop: string | undefined;
  readonly day: string | undefined;
};

export type WalkOutcome = {
  readonly walks: readonly Walk[];
  /** Rows that left quarantine. */
  readonly healed: number;
  /** Still listed unreadable. */
  readonly unreadable: number;
  /** Not met again, and not known to be stored: TOP no longer lists it, or its walk did not come to its end. */
  readonly notMet: number;
  /** Streams that did not reach their end. */
  readonly unfinished: readonly string[];
};

/** The walks that cover these rows, each once. Pure. */
export function walksOf(parked: readonly Parked[]): Walk[] {
  const walks = new Map<string, Walk>();
  for (const one of parked) {
    const route = routeOf(one);
    if (route.kind !== 'walk') continue;
    const day = dayOf(one);
    const walk = { pull: route.pull, shop: one.shop, day: one.shop === undefined ? undefined : day };
    walks.set(JSON.stringify(walk), walk);
  }
  return [...walks.values()];
}

/** The day that holds the whole window of the row; a window over a midnight names none. */
function dayOf({ listedFrom, listedTo }: Parked): string | undefined {
  if (listedFrom === undefined || listedTo === undefined) return undefined;
  const day = chinaDate(listedFrom);
  return chinaDate(Date.parse(listedTo) - 1) === day ? day : undefined;
}

/** Walks them, works off what they bring, and says what became of the rows. */
export async function walkAgain(
  parked: readonly Parked[],
  place: Pick<Workplace, 'pull' | 'settle' | 'stores'>,
  view: View,
): Promise<WalkOutcome> {
  const walks = walksOf(parked);
  const startedAt = toIso(systemClock.now());
  const works = walks.map(({ pull, shop, day }) => {
    if (day !== undefined)
      return { pull, input: { lane: 'reconcile', day, shop, since: startedAt, reask: false } };
    const onlyShop = pull === 'pullTrades' && shop !== undefined ? { shop } : {};
    return { pull, input: { lane: 'quarter', until: startedAt, fresh: true, ...onlyShop } };
  });
  const reports = await place.pull(works, view);
  await place.settle(view);
  const unfinished = reports.flatMap(({ stream, state }) => (state === 'caught-up' ? [] : [stream]));
  const left = await Promise.all(
    parked
      .filter((one) => routeOf(one).kind === 'walk')
      .map(async ({ quarantineId }) => await place.stores.quarantine.read(quarantineId)),
  );
  const unreadable = left.filter((one) => one !== undefined && one.lastSeenAt >= startedAt).length;
  const notMet = left.filter((one) => one !== undefined && one.lastSeenAt < startedAt).length;
  return { walks, healed: left.length - unreadable - notMet, unreadable, notMet, unfinished };
}
