import * as z from 'zod';
import type { Clock } from '../core/clock.ts';
import { toChinaWallClock, toIso } from '../domain/chinaTime.ts';
import type { KeyProvider } from '../privacy/keyProvider.ts';
import type { HaltGate } from '../store/halts.ts';
import { udSmartOrderDetailPull } from '../top/apis/udSmartOrderDetailPull.ts';
import type { TopClient } from '../top/topClient.ts';
import { callPriority } from './callPriority.ts';
import { type FerryAdLinesDeps, ferryAdLines } from './ferryAdLines.ts';
import { fetchOrFault } from './fetchFault.ts';
import type { Place, PullSource, WalkContext } from './pullSource.ts';
import { readAdRow } from './readAdRow.ts';
import { inclusiveMilliseconds } from './windows.ts';

export type AdOrderSourceDeps = FerryAdLinesDeps & {
  readonly top: Pick<TopClient, 'call'>;
  readonly haltGate: HaltGate;
  readonly hmac: KeyProvider['hmac'];
  readonly clock: Clock;
  readonly appKey: string;
  /** Pages of one window; default 10,000. */
  readonly mostPages?: number;
};

const api = udSmartOrderDetailPull;
const MOST_PAGES = 10_000;
/** Empty pages in a row, each with a fresh cursor, after which nothing more is expected. */
const MOST_EMPTY_PAGES = 3;

const placeSchema = z.lazy(() =>
  z.strictObject({
    cursor: z.string().min(1).optional(),
    pages: z.int(),
    rows: z.int(),
    emptyPages: z.int(),
    /** A cursor passed earlier; meeting it again is a loop. Moved on at pages 1, 2, 4, 8 … */
    mark: z.string().optional(),
  }),
);
type AdPlace = z.output<typeof placeSchema>;

const START: AdPlace = { pages: 0, rows: 0, emptyPages: 0 };

/**
 * Ad lines of the app for one product. No total is stated: a window closes at its end signal, which is a
 * blank or missing cursor, or an empty page with the cursor that was sent. A cursor that comes back with
 * rows is a loop. Source: protocol notes, section 10.3.
 */
export function createAdOrderSource(prodType: number, deps: AdOrderSourceDeps): PullSource {
  // Permission for this API belongs to the app, not to a seller.
  const holder = { sellerNick: '*', session: deps.appKey };

  function walk({ bounds, rereads, lane, onlyShop, limits, tally }: WalkContext) {
    const { first, last } = inclusiveMilliseconds(bounds);
    const listed = { by: `adOrders#${prodType}`, from: toIso(bounds.from), to: toIso(bounds.to) };
    let begunAt: string | undefined;

    const fetch = (cursor: string | undefined) =>
      fetchOrFault(() =>
        deps.haltGate.run(holder, api.method, () =>
          deps.top.call(
            api,
            {
              order_top_cursor_query_dto: {
                start_time: toChinaWallClock(first, { ms: true }),
                end_time: toChinaWallClock(last, { ms: true }),
                prod_type: prodType,
                ...(cursor !== undefined && { cursor_id: cursor }),
              },
            },
            { signal: limits.signal, deadline: limits.deadline, priority: callPriority(lane) },
          ),
        ),
      );

    async function page(stored: Place) {
      const place = placeSchema.safeParse(stored).data;
      if (place === undefined) return failed('place-unreadable');
      if (place.pages >= (deps.mostPages ?? MOST_PAGES)) return failed('too-many-pages');
      const observedAt = toIso(deps.clock.now());
      const fetched = await fetch(place.cursor);
      if (fetched.kind === 'fault') return fetched;
      const { result } = fetched.reply;
      const stated = fetched.reply.cursor_id;
      const cursor = stated === undefined || stated.trim() === '' ? undefined : stated;

      const rows = result.map((row) => {
        const read = readAdRow(row, { prodType, observedAt }, deps.hmac);
        return read.ok ? read : { ...read, origin: { ...read.origin, listed } };
      });
      // Also lines that are stored as they should be: their own hash cannot vouch for them.
      const isWanted = { rereads: rereads && lane !== 'reconcile', onlyShop };
      const counts = await ferryAdLines(rows, { ...isWanted, tally }, deps);
      tally.pages += 1;
      tally.rows += rows.length;
      const total = place.rows + rows.length;
      const emptyPages = rows.length === 0 ? place.emptyPages + 1 : 0;
      const isSent = cursor === place.cursor;
      if (cursor === undefined || emptyPages === MOST_EMPTY_PAGES || (rows.length === 0 && isSent)) {
        // A walk that an earlier run began is not known to have met every row of it.
        if (begunAt !== undefined) await deps.parking.healUnmet({ ...listed, since: begunAt, onlyShop });
        return { kind: 'closed', rows: total, counts } as const;
      }
      if (isSent || cursor === place.mark) return failed('cursor-loop');
      const pages = place.pages + 1;
      const mark = Number.isInteger(Math.log2(pages)) ? cursor : place.mark;
      const next: AdPlace = { cursor, pages, rows: total, emptyPages, ...(mark !== undefined && { mark }) };
      return { kind: 'page', place: next, counts } as const;
    }

    async function begin() {
      begunAt = toIso(deps.clock.now());
      return { kind: 'begun', place: START } as const;
    }

    return { begin, page };
  }

  return { name: 'adOrders', splitsAtMidnight: true, walk };
}

function failed(reason: string) {
  return { kind: 'failed', reason } as const;
}
