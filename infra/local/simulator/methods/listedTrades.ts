import type { NodeMap } from '../json.ts';
import type { Call } from '../method.ts';
import { isNth } from '../quirkRows.ts';
import { tradeRow } from '../render/tradeRow.ts';
import type { Trade } from '../world/trade.ts';
import { type TradeState, tradeStateAt } from '../world/tradeState.ts';

/** One row of a listing before it is written: what filters look at, and the row itself. */
export type ListedTrade = {
  tid: bigint;
  type: string;
  status: string;
  buyerOpenUid: string;
  buyerRated: boolean;
  sellerRated: boolean;
  row: () => NodeMap;
};

/** The trades of a shop created within [from, to] (epoch ms, both included), newest first. */
export function listedTrades(call: Call, sellerNick: string, from: number, to: number): ListedTrade[] {
  const { world, sample } = call.realm;
  if (sellerNick === sample.sellerNick) {
    const inside = sample.createdAt >= from && sample.createdAt <= Math.min(to, call.at);
    return inside ? [sampleTrade(call)] : [];
  }
  const { lateRows } = call.quirks;
  const seenAt = seenMoment(call);
  const listed: ListedTrade[] = [];
  for (const trade of world.tradesOf(sellerNick, from, Math.min(to, call.at)).toReversed()) {
    const late = lateRows !== undefined && isNth(String(trade.tid), lateRows.everyRows);
    if (late && trade.createdAt + lateRows.seconds * 1000 > call.at) continue;
    const state = tradeStateAt(trade, Math.max(seenAt, trade.createdAt));
    if (state !== undefined) listed.push(worldTrade(trade, state));
  }
  return listed;
}

// Now and then a replica answers that is behind; it knows every trade, but an older state of it.
function seenMoment({ quirks: { staleRows }, memory, at }: Call): number {
  if (staleRows === undefined) return at;
  const isStale = (memory.count('listings') + 1) % staleRows.everyCalls === 0;
  return isStale ? at - staleRows.seconds * 1000 : at;
}

function worldTrade(trade: Trade, state: TradeState): ListedTrade {
  const finished = state.finishedAt !== undefined;
  return {
    tid: trade.tid,
    type: trade.type,
    status: state.status,
    buyerOpenUid: trade.buyer.openUid,
    buyerRated: finished && trade.n % 2 === 0,
    sellerRated: finished && trade.n % 4 === 0,
    row: () => tradeRow(trade, state),
  };
}

function sampleTrade(call: Call): ListedTrade {
  const { tradeRow: row, tid } = call.realm.sample;
  return {
    tid,
    // The published row decorates it: `fixed(一口价)`.
    type: 'fixed',
    status: String(row['status']),
    buyerOpenUid: String(row['buyer_open_uid']),
    buyerRated: true,
    sellerRated: true,
    row: () => row,
  };
}
