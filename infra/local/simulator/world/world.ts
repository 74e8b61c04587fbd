import type { AdLine } from './adLine.ts';
import { createShop, type Item, type Shop } from './catalogue.ts';
import { growthTime, historyTimes } from './timeline.ts';
import { createTrade, type Trade } from './trade.ts';

export type WorldOptions = {
  seed: string;
  anchorAt: number;
  trades: number;
  shops: number;
  growthPerMinute: number;
  /** Shops instead of generated ones, and trades besides the invented ones, of a scenario. */
  explicit?: { shops: readonly Shop[]; trades: readonly Trade[] } | undefined;
};

export type WorldAdLine = { trade: Trade; line: AdLine };

/** The invented world: pure by its options, it only grows as later moments are asked for. */
export type World = {
  options: WorldOptions;
  shops: readonly Shop[];
  items: ReadonlyMap<string, { shop: Shop; item: Item }>;
  /** Trades of a shop created within [from, to], both included, ascending by creation, then id. */
  tradesOf(sellerNick: string, from: number, to: number): readonly Trade[];
  tradeById(tid: bigint): Trade | undefined;
  /** All lines of the trades created up to `at`, ascending by time; later ones have not happened yet. */
  adLinesOf(prodType: 1 | 2, at: number): readonly WorldAdLine[];
  /** Every trade made so far; some may lie after the moment last asked for. */
  trades(at: number): readonly Trade[];
};

export function createWorld(options: WorldOptions): World {
  const { seed, anchorAt } = options;
  const { explicit } = options;
  const shops =
    explicit?.shops ?? Array.from({ length: options.shops }, (_, index) => createShop(seed, index));
  const items = new Map<string, { shop: Shop; item: Item }>();
  for (const shop of shops) {
    for (const item of [...shop.cars, ...shop.accessories]) items.set(item.askedId, { shop, item });
  }

  const all: Trade[] = [];
  const byShop = new Map<string, Trade[]>(shops.map((shop) => [shop.sellerNick, []]));
  const byId = new Map<bigint, Trade>();
  const lines: { 1: WorldAdLine[]; 2: WorldAdLine[] } = { 1: [], 2: [] };

  const sortLines = () => {
    for (const list of [lines[1], lines[2]]) {
      list.sort((one, other) => one.line.at - other.line.at || one.trade.n - other.trade.n);
    }
  };
  const add = (createdAt: number) => keep(createTrade(seed, shops, all.length, createdAt));
  const keep = (trade: Trade) => {
    all.push(trade);
    byShop.get(trade.shop.sellerNick)?.push(trade);
    byId.set(trade.tid, trade);
    for (const line of trade.adLines) lines[line.click.prodType].push({ trade, line });
  };

  const sortTrades = () => {
    for (const list of byShop.values()) {
      list.sort((one, other) => one.createdAt - other.createdAt || one.n - other.n);
    }
  };

  for (const trade of explicit?.trades ?? []) keep(trade);
  if (shops.length > 0) for (const createdAt of historyTimes(seed, anchorAt, options.trades)) add(createdAt);
  sortLines();
  if (explicit !== undefined) sortTrades();

  const growing = shops.length > 0 && options.growthPerMinute > 0;
  let grown = 0;
  let nextAt = growing ? growthTime(seed, anchorAt, options.growthPerMinute, 0) : Number.POSITIVE_INFINITY;
  const growTo = (at: number) => {
    if (nextAt > at) return;
    while (nextAt <= at) {
      add(nextAt);
      grown += 1;
      nextAt = growthTime(seed, anchorAt, options.growthPerMinute, grown);
    }
    sortLines();
    // Trades of a scenario may lie after the growth.
    if (explicit !== undefined) sortTrades();
  };

  return {
    options,
    shops,
    items,
    tradesOf(sellerNick, from, to) {
      growTo(to);
      const trades = byShop.get(sellerNick) ?? [];
      const createdAt = (trade: Trade) => trade.createdAt;
      return trades.slice(countUpTo(trades, from - 1, createdAt), countUpTo(trades, to, createdAt));
    },
    tradeById: (tid) => byId.get(tid),
    adLinesOf(prodType, at) {
      growTo(at);
      return lines[prodType];
    },
    trades(at) {
      growTo(at);
      return all;
    },
  };
}

/** How many elements of an ascending list have a time of at most `at`. */
export function countUpTo<Value>(
  list: readonly Value[],
  at: number,
  timeOf: (value: Value) => number,
): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const value = list[middle];
    if (value !== undefined && timeOf(value) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}
