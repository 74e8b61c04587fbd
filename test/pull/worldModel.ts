import * as z from 'zod';
import { fromChinaWallClock, toChinaWallClock, toEpochMs } from '../../lib/domain/chinaTime.ts';

/** One upstream trade; times in epoch milliseconds on whole seconds. */
export type ModelTrade = {
  readonly id: string;
  readonly createdAt: number;
  modifiedAt: number;
  status: string;
  /** Shown in listings from then on. */
  readonly listedAt?: number;
  /** Makes the row unreadable. */
  broken?: boolean;
};

const tradeQuery = z.object({
  start_created: z.string(),
  end_created: z.string(),
  page_no: z.string(),
  page_size: z.string(),
  seller_nick: z.string(),
  type: z.string(),
  fields: z.string(),
});

const epochOf = (text: string): number => toEpochMs(fromChinaWallClock(text));

export function tradeRow(trade: ModelTrade): Record<string, unknown> {
  return {
    tid: trade.id,
    created: toChinaWallClock(trade.createdAt),
    modified: toChinaWallClock(trade.modifiedAt),
    status: trade.status,
    payment: trade.broken === true ? { broken: true } : '12.30',
    orders: { order: [{ oid: Number(trade.id.slice(-6)), num: 1, price: '12.30' }] },
  };
}

/** The trades listing over a world: both bounds included, newest first, paged, at most `cap` rows a page. */
export function listTrades(
  params: unknown,
  trades: Iterable<ModelTrade>,
  now: number,
  options: { readonly cap?: number; readonly statesPageSize?: boolean } = {},
): { total_results: string; page_size?: string; trades: { trade: unknown[] } } {
  const query = tradeQuery.parse(params);
  const [from, to] = [epochOf(query.start_created), epochOf(query.end_created)];
  const listed = [...trades]
    .filter(({ createdAt }) => createdAt >= from && createdAt <= to)
    .filter(({ listedAt = 0 }) => listedAt <= now)
    .sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1));
  const size = Math.min(Number(query.page_size), options.cap ?? 100);
  const start = (Number(query.page_no) - 1) * size;
  return {
    total_results: String(listed.length),
    ...(options.statesPageSize !== false && { page_size: String(size) }),
    trades: { trade: listed.slice(start, start + size).map(tradeRow) },
  };
}

/** Asked bounds and page, for looking at a call. */
export function askedTrades(params: unknown) {
  const { start_created, end_created, page_no, page_size, ...rest } = tradeQuery.parse(params);
  return {
    ...rest,
    first: epochOf(start_created),
    last: epochOf(end_created),
    page: Number(page_no),
    pageSize: Number(page_size),
  };
}
