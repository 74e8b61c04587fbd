import * as z from 'zod';
import type { Clock } from '../core/clock.ts';
import { toChinaWallClock, toIso } from '../domain/chinaTime.ts';
import type { KeyProvider } from '../privacy/keyProvider.ts';
import type { HaltGate } from '../store/halts.ts';
import type { OrdersTable, StoredVersion } from '../store/ordersTable.ts';
import { CRM_TRADE_FIELDS, CRM_TRADE_TYPES, crmTradesInfoCreate } from '../top/apis/crmTradesInfoCreate.ts';
import type { TopClient } from '../top/topClient.ts';
import { callPriority } from './callPriority.ts';
import { compareVersion } from './compareTrades.ts';
import { type FerryTradesDeps, ferryTrades, type TradeRow } from './ferryTrades.ts';
import { fetchOrFault } from './fetchFault.ts';
import type { TradeHealer } from './healTrades.ts';
import { MOST_ROWS, type Place, type PullSource, type WalkContext } from './pullSource.ts';
import { readTradeRow } from './readTradeRow.ts';
import { packTokens, tokenOfHash, tokenOfId, unpackTokens } from './seenRows.ts';
import { addCounts, countsOf, NO_ROWS } from './windowCounts.ts';
import { inclusiveSeconds, SHORTEST_WINDOW_MS, wholeSecond } from './windows.ts';

/** A seller whose trades are listed. */
export type TradeShop = {
  readonly sellerNick: string;
  readonly session: string;
  /** Trade types to list; default all documented ones. */
  readonly types?: readonly string[] | undefined;
  /** Category ids of cars; with them, some orders are never asked for car and lead. */
  readonly carCids?: readonly string[] | undefined;
};

export type TradeSourceDeps = FerryTradesDeps & {
  readonly top: Pick<TopClient, 'call'>;
  readonly haltGate: HaltGate;
  readonly orders: Pick<OrdersTable, 'versionsOf'>;
  readonly hmac: KeyProvider['hmac'];
  readonly clock: Clock;
  /** Rows asked for per page; the server may return fewer. */
  readonly pageSize: number;
  /** Seller nicks of the other configured shops: their trades are not this one's. */
  readonly otherShops?: ReadonlySet<string> | undefined;
  /** Needed by lane `reconcile`. */
  readonly healer?: TradeHealer | undefined;
  /** Above this a window is shortened; default {@link MOST_ROWS}. */
  readonly mostRows?: number;
};

const api = crmTradesInfoCreate;
/** A server that changes its page size more often is not paging at all. */
const MOST_RESIZES = 2;

const placeSchema = z.lazy(() =>
  z.strictObject({
    /** What every page must state. */
    total: z.int().positive(),
    pageSize: z.int().positive(),
    /** Next page to read; pages go from the last to the first, because rows only ever move to later pages. */
    page: z.int().positive(),
    /** Tokens of the rows seen. */
    seen: z.string(),
    resizes: z.int(),
  }),
);
type TradePlace = z.output<typeof placeSchema>;

function placeAtEnd(total: number, pageSize: number, seen = '', resizes = 0): TradePlace {
  return { total, pageSize, page: Math.ceil(total / pageSize), seen, resizes };
}

/**
 * A shop's trades. A window is asked for its total first; it closes when every page stated that total and
 * distinct ids plus unreadable rows equal it. Source: protocol notes, sections 10.1 and 10.2.
 */
export function createTradeSource(shop: TradeShop, deps: TradeSourceDeps): PullSource {
  const { sellerNick } = shop;
  const types = shop.types ?? CRM_TRADE_TYPES;

  function walk({ bounds, lane, reask, limits, tally }: WalkContext) {
    const { first, last } = inclusiveSeconds(bounds);
    const listed = { by: `trades#${sellerNick}`, from: toIso(bounds.from), to: toIso(bounds.to) };
    /** The second of its creation, when the row says it: any window over it shows the row. */
    const listedOf = (createdAt: number | undefined) =>
      createdAt === undefined
        ? listed
        : {
            ...listed,
            from: toIso(wholeSecond(createdAt)),
            to: toIso(wholeSecond(createdAt) + SHORTEST_WINDOW_MS),
          };
    let begunAt: string | undefined;
    let versions: Promise<ReadonlyMap<string, StoredVersion>> | undefined;
    const storedVersions = () => {
      versions ??= deps.orders.versionsOf(sellerNick, toIso(bounds.from), toIso(bounds.to));
      return versions;
    };

    /** Stored orders of the window that no page has shown; told by sweeps. */
    async function unknownUpstream(seen: ReadonlySet<string>): Promise<number> {
      if (lane === 'live') return 0;
      return [...(await storedVersions()).keys()].filter((orderId) => !seen.has(tokenOfId(orderId))).length;
    }

    async function comparing() {
      const known = await storedVersions();
      if (lane === 'reconcile' && deps.healer !== undefined) {
        return deps.healer.comparing(known, { reask, mayLackCar: shop.carCids !== undefined });
      }
      return async (row: TradeRow) => {
        const found = compareVersion(row, known);
        return { found, isSent: found !== 'present' };
      };
    }

    const fetch = (page: number, pageSize: number, fields: readonly string[]) =>
      fetchOrFault(() =>
        deps.haltGate.run(shop, api.method, () =>
          deps.top.call(
            api,
            {
              fields: fields.join(','),
              start_created: toChinaWallClock(first),
              end_created: toChinaWallClock(last),
              type: types.join(','),
              page_no: String(page),
              page_size: String(pageSize),
              seller_nick: sellerNick,
            },
            { signal: limits.signal, deadline: limits.deadline, priority: callPriority(lane) },
          ),
        ),
      );

    /** A walk that an earlier run began is not known to have met every row of the window. */
    async function healUnmet(): Promise<void> {
      if (begunAt !== undefined) await deps.parking.healUnmet({ ...listed, since: begunAt });
    }

    async function begin(options: { mayNarrow: boolean; hint?: Place | undefined }) {
      begunAt = toIso(deps.clock.now());
      const fetched = await fetch(1, 1, ['tid']);
      if (fetched.kind === 'fault') return fetched;
      const { total_results: total, trades } = fetched.reply;
      if (total === undefined) return failed('total-missing');
      if (total === 0) {
        if (trades.length > 0) return failed('total-wrong');
        await healUnmet();
        return { kind: 'empty', unknownUpstream: await unknownUpstream(new Set()) } as const;
      }
      if (total > (deps.mostRows ?? MOST_ROWS) && options.mayNarrow) return { kind: 'large' } as const;
      const hinted = z.object({ pageSize: z.int().positive() }).safeParse(options.hint);
      return { kind: 'begun', place: placeAtEnd(total, hinted.data?.pageSize ?? deps.pageSize) } as const;
    }

    async function page(stored: Place) {
      const place = placeSchema.safeParse(stored).data;
      if (place === undefined) return failed('place-unreadable');
      const observedAt = toIso(deps.clock.now());
      const fetched = await fetch(place.page, place.pageSize, CRM_TRADE_FIELDS);
      if (fetched.kind === 'fault') return fetched;
      const { total_results: total, page_size: pageSize = place.pageSize, trades } = fetched.reply;
      if (total !== place.total) return failed('total-changed');
      if (pageSize !== place.pageSize && pageSize > 0) {
        if (place.resizes === MOST_RESIZES) return failed('page-size-changed');
        const resized = placeAtEnd(total, pageSize, place.seen, place.resizes + 1);
        return { kind: 'page', place: resized } as const;
      }
      // Every page up to the last has rows; without them a total of millions would be walked page by page.
      if (trades.length === 0) return failed('page-empty');
      const rows = trades.map((row) => {
        const read = readTradeRow(row, sellerNick, deps.hmac, deps.otherShops);
        return read.ok ? read : { ...read, origin: { ...read.origin, listed: listedOf(read.createdAt) } };
      });
      const isOutside = (at: number | undefined) => at !== undefined && (at < bounds.from || at >= bounds.to);
      if (rows.some((row) => isOutside(row.createdAt))) return failed('row-outside-window');

      const outcomes = await ferryTrades(rows, { compare: await comparing(), observedAt, tally }, deps);
      tally.pages += 1;
      tally.rows += rows.length;
      const seen = unpackTokens(place.seen);
      let counts = NO_ROWS;
      for (const [at, row] of rows.entries()) {
        const { token, isForeign } = row;
        const outcome = outcomes[at];
        // A row that moved to a later page is shown twice and counted once.
        if (outcome !== undefined && !seen.has(token)) {
          const version = row.ok ? tokenOfHash(row.hash) : '';
          counts = addCounts(counts, countsOf({ ...outcome, isForeign, version }));
        }
        seen.add(token);
      }
      if (place.page > 1) {
        const next: TradePlace = { ...place, page: place.page - 1, seen: packTokens(seen) };
        return { kind: 'page', place: next, counts } as const;
      }
      if (seen.size === total) {
        await healUnmet();
        return {
          kind: 'closed',
          rows: total,
          total,
          counts,
          unknownUpstream: await unknownUpstream(seen),
        } as const;
      }
      // A first page below its size shows what the server gives at most without saying so.
      const isShort = rows.length > 0 && rows.length < Math.min(total, place.pageSize);
      return failed('rows-do-not-add-up', isShort ? { pageSize: rows.length } : undefined);
    }

    return { begin, page };
  }

  return { name: 'trades', splitsAtMidnight: false, walk };
}

function failed(reason: string, hint?: Place) {
  return { kind: 'failed', reason, ...(hint !== undefined && { hint }) } as const;
}
