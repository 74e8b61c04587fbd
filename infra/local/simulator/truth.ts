import type { NodeMap } from './json.ts';
import type { Realm } from './realm.ts';
import { carPayStatus } from './render/amounts.ts';
import { wallClock } from './wallClock.ts';
import type { Trade } from './world/trade.ts';
import { type TradeState, tradeStateAt } from './world/tradeState.ts';

type Fact = {
  orderId: string;
  shop: string;
  created: string;
  modified: string;
  status: string;
  carPayStatus: number | null;
  leadNo: string | null;
  adLines: number;
  itemIds: readonly string[];
};

/**
 * What a perfect client would hold at `at` of the trades created, and the ad lines that happened, in [from, to);
 * all epoch ms.
 */
export function truthOf(realm: Realm, from: number, to: number, at: number, withDetail: boolean): NodeMap {
  const inside = (epochMs: number) => epochMs >= from && epochMs < to && epochMs <= at;
  const facts: Fact[] = [];
  let adLines = 0;
  for (const trade of realm.world.trades(at)) {
    const lines = trade.adLines.filter((line) => inside(line.at)).length;
    adLines += lines;
    const state = tradeStateAt(trade, at);
    if (state !== undefined && inside(trade.createdAt)) facts.push(factOf(trade, state, at, lines));
  }
  if (inside(realm.sample.createdAt)) facts.push(sampleFact(realm));

  const cars = facts.filter((fact) => fact.carPayStatus !== null);
  const byShop: NodeMap = {};
  for (const { sellerNick } of realm.shops) {
    const own = facts.filter((fact) => fact.shop === sellerNick);
    byShop[sellerNick] = {
      trades: own.length,
      carOrders: own.filter((fact) => fact.carPayStatus !== null).length,
      leads: own.filter((fact) => fact.leadNo !== null).length,
    };
  }
  return {
    at,
    trades: facts.length,
    orders: new Set(facts.map((fact) => fact.orderId)).size,
    carOrders: cars.length,
    notCarOrders: facts.length - cars.length,
    leads: facts.filter((fact) => fact.leadNo !== null).length,
    adLines,
    otherSellersAdLines: inside(realm.sample.adAt) ? 1 : 0,
    items: new Set(facts.flatMap((fact) => fact.itemIds)).size,
    byShop,
    detail: withDetail ? detailOf(facts) : undefined,
  };
}

function detailOf(facts: readonly Fact[]): NodeMap {
  return Object.fromEntries(
    facts.map(({ orderId, ...fact }) => [orderId, { ...fact, car: fact.carPayStatus !== null }]),
  );
}

function factOf(trade: Trade, state: TradeState, at: number, adLines: number): Fact {
  const { lead } = trade;
  return {
    orderId: String(trade.tid),
    shop: trade.shop.sellerNick,
    created: wallClock(trade.createdAt),
    modified: wallClock(state.modifiedAt),
    status: state.status,
    carPayStatus: trade.isCar ? carPayStatus(state) : null,
    leadNo: lead !== undefined && lead.visibleAt <= at ? lead.no : null,
    adLines,
    itemIds: [...new Set(trade.orders.map((order) => order.item.askedId))],
  };
}

function sampleFact({ sample }: Realm): Fact {
  const created = wallClock(sample.createdAt);
  return {
    orderId: String(sample.tid),
    shop: sample.sellerNick,
    created,
    modified: created,
    status: String(sample.tradeRow['status']),
    carPayStatus: 1,
    leadNo: sample.leadNo,
    adLines: 0,
    itemIds: sample.itemIds,
  };
}
