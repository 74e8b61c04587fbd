import { coin } from '../random.ts';
import type { Realm } from '../realm.ts';
import type { Trade } from '../world/trade.ts';
import type { TradeEventKind } from '../world/tradeLife.ts';

/** A message that waits for its confirmation. */
export type SimulatedMessage = {
  id: bigint;
  topic: string;
  content: string;
  at: number;
  sellerNick: string;
  sellerId: number;
};

/** Messages of one world: at least once, in no order, again until confirmed. */
export type MessageQueue = {
  /** Lets the messages of a seller flow, from this moment of the world on. */
  permit(sellerNick: string, at: number): void;
  /** Up to `quantity` messages that are not out already. */
  consume(at: number, quantity: number): SimulatedMessage[];
  confirm(ids: readonly bigint[]): void;
  /** What is out and unconfirmed comes again at once. */
  redeliver(): void;
  report(): { produced: number; waiting: number; out: number; confirmed: number; unknownConfirmed: number };
};

/** Unconfirmed messages come again after this long on the real clock. */
const REDELIVER_MS = 5_000;
/** Share of messages that come once more although they were confirmed. */
const TWICE = 0.03;

const topics: Record<TradeEventKind, string> = {
  created: 'taobao_trade_TradeCreate',
  depositPaid: 'taobao_trade_TradeBuyerStepPay',
  paid: 'taobao_trade_TradeBuyerPay',
  shipped: 'taobao_trade_TradeSellerShip',
  flagged: 'taobao_trade_TradeMemoModified',
  finished: 'taobao_trade_TradeSuccess',
  closedUnpaid: 'taobao_trade_TradeClose',
  refundAsked: 'taobao_refund_RefundCreated',
  refundRefused: 'taobao_refund_RefundSellerRefuseAgreement',
  refunded: 'taobao_refund_RefundSuccess',
};

const queues = new WeakMap<Realm, MessageQueue>();

/** The queue of a realm; made when it is first asked for. */
export function messageQueueOf(realm: Realm): MessageQueue {
  const known = queues.get(realm) ?? createMessageQueue(realm);
  queues.set(realm, known);
  return known;
}

function createMessageQueue({ world }: Realm): MessageQueue {
  const permitted = new Map<string, { from: number; until: number }>();
  const waiting = new Map<bigint, SimulatedMessage & { outUntil: number; copies: number }>();
  const count = { produced: 0, confirmed: 0, unknownConfirmed: 0 };

  const produce = (at: number) => {
    for (const [sellerNick, place] of permitted) {
      if (place.until >= at) continue;
      for (const trade of world.tradesOf(sellerNick, 0, at)) {
        for (const message of messagesOf(trade, place.until, at)) {
          count.produced += 1;
          const copies = coin(`${message.id}/twice`) < TWICE ? 2 : 1;
          waiting.set(message.id, { ...message, outUntil: 0, copies });
        }
      }
      place.until = at;
    }
  };

  return {
    permit(sellerNick, at) {
      if (!permitted.has(sellerNick)) permitted.set(sellerNick, { from: at, until: at });
    },
    consume(at, quantity) {
      produce(at);
      const now = Date.now();
      const free = [...waiting.values()].filter(({ outUntil }) => outUntil <= now);
      // Unordered, as the platform's own queues are, but the same each time.
      free.sort((one, other) => coin(`${one.id}/order`) - coin(`${other.id}/order`));
      const taken = free.slice(0, quantity);
      for (const message of taken) message.outUntil = now + REDELIVER_MS;
      return taken;
    },
    confirm(ids) {
      for (const id of ids) {
        const message = waiting.get(id);
        if (message === undefined) {
          count.unknownConfirmed += 1;
          continue;
        }
        message.copies -= 1;
        message.outUntil = 0;
        if (message.copies === 0) {
          waiting.delete(id);
          count.confirmed += 1;
        }
      }
    },
    redeliver() {
      for (const message of waiting.values()) message.outUntil = 0;
    },
    report() {
      const out = [...waiting.values()].filter(({ outUntil }) => outUntil > Date.now()).length;
      return { ...count, waiting: waiting.size, out };
    },
  };
}

/** What the platform says of a trade's events in (after, upTo]. */
function messagesOf(trade: Trade, after: number, upTo: number): SimulatedMessage[] {
  const { shop, tid, buyer } = trade;
  return trade.events.flatMap((event, place) => {
    if (event.at <= after || event.at > upTo) return [];
    const base = 1_172_200_000_000_000_000n + BigInt(trade.n) * 1000n + BigInt(place) * 4n;
    const about = { at: event.at, sellerNick: shop.sellerNick, sellerId: shop.sellerId };
    const people = `"buyer_nick":${JSON.stringify(buyer.nick)},"seller_nick":${JSON.stringify(shop.sellerNick)}`;
    const messages: SimulatedMessage[] = [
      { ...about, id: base, topic: topics[event.kind], content: `{${people},"tid":${tid},"oid":${tid}}` },
    ];
    if (trade.isCar) {
      const content = `{"order_id":${tid},"status":${place + 1}}`;
      messages.push({ ...about, id: base + 1n, topic: 'tmall_auto_TradeModify', content });
    }
    if (event.kind === 'created') {
      const content = `{"num_iid":1,"nick":${JSON.stringify(shop.sellerNick)}}`;
      messages.push({ ...about, id: base + 2n, topic: 'taobao_item_ItemStockChanged', content });
    }
    return messages;
  });
}
