import { createRandom, type Random } from '../random.ts';
import { type AdLine, adLines } from './adLine.ts';
import { type Buyer, createBuyer } from './buyers.ts';
import type { Item, Shop } from './catalogue.ts';
import { tradeId } from './tradeIds.ts';
import { type TradeEvent, type TradeType, tradeLife } from './tradeLife.ts';
import { foldStates, type TradeState } from './tradeState.ts';

export type SubOrder = { oid: bigint; item: Item; num: number; discountFen: number };

export type Lead = { no: string; createdAt: number; visibleAt: number; phone: string; clockAsText: boolean };

/** One trade with its whole past and future. `n` numbers the trades of a world by creation. */
export type Trade = {
  n: number;
  tid: bigint;
  shop: Shop;
  type: TradeType;
  isCar: boolean;
  createdAt: number;
  buyer: Buyer;
  orders: readonly SubOrder[];
  events: readonly TradeEvent[];
  /** The fold after each event. */
  states: readonly TradeState[];
  lead?: Lead;
  adLines: readonly AdLine[];
};

const carTypes = [
  ...Array<TradeType>(12).fill('step'),
  ...Array<TradeType>(3).fill('nopaid'),
  ...Array<TradeType>(2).fill('pre_auth_type'),
  ...Array<TradeType>(2).fill('fixed'),
  'guarantee_trade',
] as const;
const accessoryTypes = ['guarantee_trade', 'guarantee_trade', 'fixed', 'auto_delivery'] as const;

export function createTrade(seed: string, shops: readonly Shop[], n: number, createdAt: number): Trade {
  const random = createRandom(`${seed}/trade/${n}`);
  const shop = random.pick(shops);
  const isCar = !random.chance(0.15);
  const type: TradeType = random.pick<TradeType>(isCar ? carTypes : accessoryTypes);
  const tid = tradeId(seed, n);
  const orders = createOrders(random, shop, isCar, tid);
  const events = tradeLife(random, type, isCar, createdAt);
  // Now and then a person buys again.
  const buyer = createBuyer(seed, n > 20 && random.chance(0.08) ? random.int(0, n - 1) : n);
  const lead = isCar && random.chance(0.6) ? createLead(random, n, tid, createdAt, buyer) : undefined;
  return {
    n,
    tid,
    shop,
    type,
    isCar,
    createdAt,
    buyer,
    orders,
    events,
    states: foldStates(events, type),
    // Ads bring about three trades in ten.
    adLines: random.chance(0.3) ? adLines(random, events, type === 'step', orders.length) : [],
    ...(lead === undefined ? {} : { lead }),
  };
}

/** What was bought; ids follow the trade's. */
export function createOrders(random: Random, shop: Shop, isCar: boolean, tid: bigint): SubOrder[] {
  const items = [random.pick(isCar ? shop.cars : shop.accessories)];
  if (random.chance(isCar ? 0.08 : 0.25)) items.push(random.pick(shop.accessories));
  return items.map((item, place) => ({
    // A trade with one order shares its id with it.
    oid: items.length === 1 ? tid : tid + BigInt(place + 1),
    item,
    num: item.isCar ? 1 : random.int(1, 3),
    discountFen: item.isCar && random.chance(0.4) ? random.int(1, 30) * 10_000 : 0,
  }));
}

/** The lead that comes with an order. */
export function createLead(random: Random, n: number, tid: bigint, createdAt: number, buyer: Buyer): Lead {
  const delayed = random.chance(0.3);
  return {
    no: String(1_850_000_000_000_000_000n + BigInt(n) * 7_000_003n + (tid % 997n)),
    createdAt: createdAt + 1000,
    visibleAt: createdAt + (delayed ? random.int(1, 3) * 60_000 : 0),
    phone: random.chance(0.1) ? buyer.otherMobile : buyer.mobile,
    clockAsText: random.chance(0.5),
  };
}
