import { type NodeMap, TaggedList } from '../json.ts';
import { wallClock, wallDate } from '../wallClock.ts';
import type { Trade } from '../world/trade.ts';
import type { TradeState } from '../world/tradeState.ts';
import { amountsOf } from './amounts.ts';
import { yuan } from './money.ts';
import { orderRow } from './orderRow.ts';

const DAY_MS = 86_400_000;
const clock = (epochMs: number | undefined) => (epochMs === undefined ? undefined : wallClock(epochMs));

/** One `Trade` of qimen.taobao.crm.trades.info.create with all its documented fields. */
export function tradeRow(trade: Trade, state: TradeState): NodeMap {
  const { price, discount, payable, paid } = amountsOf(trade, state);
  const [first] = trade.orders;
  const several = trade.orders.length > 1;
  const finished = state.finishedAt !== undefined;
  const received = finished ? paid : 0;
  return {
    seller_can_rate: finished,
    send_time: trade.type === 'step' ? wallDate(trade.createdAt + 30 * DAY_MS) : undefined,
    trade_source: trade.n % 9 === 0 ? 'ownshop' : undefined,
    step_paid_fee: trade.type === 'step' ? yuan(paid) : undefined,
    step_trade_status: trade.type === 'step' ? stepStatus(state) : undefined,
    trade_from: trade.n % 3 === 0 ? 'WAP,JHS' : 'WAP',
    has_buyer_message: trade.n % 11 === 0,
    seller_flag: state.flagged ? 1 + (trade.n % 5) : undefined,
    receiver_city: trade.n % 17 === 0 ? '' : trade.buyer.city,
    receiver_state: trade.buyer.state,
    buyer_obtain_point_fee: finished ? Math.floor(paid / 10_000) : 0,
    real_point_fee: 0,
    point_fee: 0,
    num: several ? 0 : (first?.num ?? 1),
    shipping_type: trade.isCar ? 'virtual' : 'express',
    price: yuan(first?.item.priceFen ?? 0),
    num_iid: first?.item.askedId,
    pic_path: first?.item.picture,
    buyer_area: `${trade.buyer.state}${trade.buyer.city}`,
    commission_fee: yuan(Math.floor(received / 50)),
    received_payment: yuan(received),
    consign_time: clock(state.shippedAt),
    async_modified: wallClock(state.modifiedAt),
    end_time: clock(state.endedAt),
    pay_time: clock(state.paidAt ?? state.depositPaidAt),
    total_fee: yuan(price),
    post_fee: '0.00',
    adjust_fee: '0.00',
    discount_fee: yuan(discount),
    payment: yuan(payable),
    status: state.status,
    buyer_rate: finished && trade.n % 2 === 0,
    seller_rate: finished && trade.n % 4 === 0 ? 'true' : 'false',
    sid: state.shippedAt === undefined ? undefined : `SIM${trade.n}`,
    tid: String(trade.tid),
    created: wallClock(trade.createdAt),
    type: trade.type,
    title: trade.shop.shopName,
    buyer_open_uid: trade.buyer.openUid,
    seller_nick: trade.shop.sellerNick,
    ouid: trade.buyer.ouid,
    service_orders: new TaggedList('service_order', trade.n % 10 === 4 ? [serviceOrder(trade, state)] : []),
    promotion_details: new TaggedList('promotion_details', promotions(trade)),
    orders: new TaggedList(
      'order',
      trade.orders.map((order) => orderRow(trade, state, order)),
    ),
    is_part_consign: false,
    rx_audit_status: '0',
    modified: wallClock(state.modifiedAt),
  };
}

function stepStatus(state: TradeState): string {
  if (state.paidAt !== undefined) return 'FRONT_PAID_FINAL_PAID';
  return state.depositPaidAt === undefined ? 'FRONT_NOPAID_FINAL_NOPAID' : 'FRONT_PAID_FINAL_NOPAID';
}

function serviceOrder(trade: Trade, state: TradeState): NodeMap {
  const [first] = trade.orders;
  return {
    tmser_spu_code: '上门交付服务',
    pic_path: 'https://img.example.invalid/service.jpg',
    seller_nick: trade.shop.sellerNick,
    refund_id: state.refund === 'none' ? undefined : String(trade.tid + 18n),
    total_fee: '0.00',
    title: '上门交付服务',
    payment: '0.00',
    price: '0.00',
    num: '1',
    service_detail_url: 'https://service.example.invalid/plan?planId=1',
    service_id: 2_342_000 + trade.shop.index,
    item_oid: first?.oid,
    oid: trade.tid + 15n,
  };
}

function promotions(trade: Trade): NodeMap[] {
  const discounted = trade.orders.filter((order) => order.discountFen > 0);
  return discounted.map((order, place) => ({
    promotion_id: `sim-${1000 + trade.shop.index}_${trade.n}${place}`,
    promotion_desc: `购车立减${yuan(order.discountFen)}元`,
    gift_item_num: trade.n % 2 === 0 ? '1' : undefined,
    gift_item_id: trade.n % 2 === 0 ? trade.shop.accessories[0]?.askedId : undefined,
    gift_item_name: trade.n % 2 === 0 ? trade.shop.accessories[0]?.title : undefined,
    discount_fee: yuan(order.discountFen),
    promotion_name: '购车立减',
    id: order.oid,
  }));
}
