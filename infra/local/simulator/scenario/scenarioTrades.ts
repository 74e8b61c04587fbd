import { createRandom } from '../random.ts';
import { adLines } from '../world/adLine.ts';
import { createBuyer } from '../world/buyers.ts';
import { createShop, type Shop } from '../world/catalogue.ts';
import { floorSecond } from '../world/timeline.ts';
import { createLead, createOrders, type Trade } from '../world/trade.ts';
import type { TradeEvent } from '../world/tradeLife.ts';
import { foldStates } from '../world/tradeState.ts';
import type { Scenario, ScenarioTrade } from './scenario.ts';
import { momentOf } from './times.ts';

/** The shops of a scenario, with an invented catalogue each. */
export function scenarioShops({ seed, shops }: Scenario): Shop[] {
  return shops.map(({ sellerNick, session }, index) => ({
    ...createShop(seed, index),
    sellerNick,
    session,
    shopName: sellerNick,
    tellsCarCids: false,
  }));
}

/** The explicit trades of a scenario, ascending by creation; what the file leaves open is invented. */
export function scenarioTrades(scenario: Scenario, shops: readonly Shop[], anchorAt: number): Trade[] {
  return scenario.trades
    .map((spec) => ({ spec, createdAt: floorSecond(momentOf(spec.created, anchorAt)) }))
    .sort((one, other) => one.createdAt - other.createdAt)
    .flatMap(({ spec, createdAt }, n) => {
      const shop = shops.find(({ sellerNick }) => sellerNick === spec.shop);
      return shop === undefined ? [] : [explicitTrade(scenario.seed, { spec, createdAt, shop, n })];
    });
}

function explicitTrade(
  seed: string,
  { spec, createdAt, shop, n }: { spec: ScenarioTrade; createdAt: number; shop: Shop; n: number },
): Trade {
  const random = createRandom(`${seed}/scenario/${spec.orderId}`);
  const tid = BigInt(spec.orderId);
  const orders = createOrders(random, shop, spec.car, tid);
  const buyer = createBuyer(seed, n);
  const happened = spec.events.map(
    ({ kind, at }): TradeEvent => ({ kind, at: floorSecond(momentOf(at, createdAt)) }),
  );
  const events = [
    { kind: 'created', at: createdAt } as const,
    ...happened.sort((one, other) => one.at - other.at),
  ];
  const invented = createLead(random, n, tid, createdAt, buyer);
  return {
    n,
    tid,
    shop,
    type: spec.type,
    isCar: spec.car,
    createdAt,
    buyer,
    orders,
    events,
    states: foldStates(events, spec.type),
    adLines: spec.ad ? adLines(random, events, spec.type === 'step', orders.length) : [],
    ...(spec.lead === undefined
      ? {}
      : { lead: { ...invented, no: spec.lead.no, visibleAt: momentOf(spec.lead.visible, createdAt) } }),
  };
}
