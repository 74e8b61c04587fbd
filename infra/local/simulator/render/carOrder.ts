import { type NodeMap, TaggedList } from '../json.ts';
import { at } from '../random.ts';
import { wallClock } from '../wallClock.ts';
import type { Trade } from '../world/trade.ts';
import type { TradeState } from '../world/tradeState.ts';
import { amountsOf, carPayStatus, carRefundStatus, orderPayable } from './amounts.ts';
import { itemIdNode } from './itemId.ts';

/** `CarOrderDetailDto` of a car order, amounts in fen. */
export function carOrder(trade: Trade, state: TradeState): NodeMap {
  const { payable, paid } = amountsOf(trade, state);
  const common = { seller_nick: trade.shop.sellerNick, buyer_nick: trade.buyer.nick };
  const [first] = trade.orders;
  return {
    ...common,
    order_id: trade.tid,
    actual_paid_fee: paid,
    refund_status: carRefundStatus(state),
    sub_orders: new TaggedList('car_sub_order_detail_dto', subOrders(trade, state)),
    pay_status: carPayStatus(state),
    pay_order: {
      pay_order_id: trade.tid + 400_000_001n,
      total_fee: payable,
      sub_pay_orders: new TaggedList('car_sub_pay_order_dto', stages(trade, state)),
      actual_total_fee: paid,
      pay_status: carPayStatus(state),
    },
    buyer_name_collect: trade.buyer.name,
    buyer_identity_collect: trade.n % 5 === 0 ? undefined : trade.buyer.identityNumber,
    buyer_mobile: trade.buyer.mobile,
    car_delivery: trade.n % 4 === 0 ? undefined : trade.buyer.address,
    sku:
      first === undefined
        ? undefined
        : { sku_id: first.item.skuId, outer_id: `${first.item.outerId}-SKU`, sku_info: first.item.skuText },
    item:
      first === undefined
        ? undefined
        : {
            item_id: itemIdNode(first.item.askedId),
            item_title: first.item.title,
            item_pict_url: first.item.picture,
          },
  };
}

function subOrders(trade: Trade, state: TradeState): NodeMap[] {
  const booked = at(trade.shop.stores, trade.n);
  const redeemed = state.finishedAt === undefined ? undefined : at(trade.shop.stores, trade.n % 3);
  const { payable, paid } = amountsOf(trade, state);
  return trade.orders.map((order, place) => {
    const fee = orderPayable(trade, order);
    return {
      seller_nick: trade.shop.sellerNick,
      buyer_nick: trade.buyer.nick,
      order_id: order.oid,
      actual_paid_fee: trade.orders.length === 1 ? paid : paid === payable ? fee : place === 0 ? paid : 0,
      refund_status: carRefundStatus(state),
      et_shop_id: booked.id,
      pay_status: carPayStatus(state),
      seller_definition_field: `sim-${trade.n}`,
      et_shop_name: booked.name,
      consume_shop_name: redeemed?.name,
      consume_shop_id: redeemed?.id,
      consume_time: state.finishedAt === undefined ? undefined : wallClock(state.finishedAt),
      option_list: options(trade, place),
    };
  });
}

// JSON text inside JSON; now and then its numeric id lies beyond 2^53.
function options(trade: Trade, place: number): string | undefined {
  if (place > 0 || trade.n % 3 !== 0) return undefined;
  const id = trade.n % 2 === 0 ? trade.tid + 700_000_003n : BigInt(900 + (trade.n % 90));
  return `[{"id": ${id}, "title":"行车记录仪", "price":"288", "imgUrl":""}]`;
}

function stages(trade: Trade, state: TradeState): NodeMap[] {
  const { payable, deposit } = amountsOf(trade, state);
  const stage = (no: number, name: string, fee: number, paidAt: number | undefined): NodeMap => ({
    step_no: no,
    pay_fee: fee,
    step_name: name,
    actual_pay_fee: paidAt === undefined ? 0 : fee,
    pay_status:
      paidAt === undefined ? (state.endedAt === undefined ? 1 : 8) : state.refund === 'done' ? 4 : 2,
    sub_pay_order_id: trade.tid + 500_000_000n + BigInt(no),
  });
  if (trade.type === 'step') {
    return [
      stage(1, '一阶段', deposit, state.depositPaidAt),
      stage(2, '二阶段', payable - deposit, state.paidAt),
    ];
  }
  const names = { nopaid: '留资', pre_auth_type: '预授权' } as const;
  const name = trade.type === 'nopaid' || trade.type === 'pre_auth_type' ? names[trade.type] : '全款';
  return [stage(1, name, payable, state.paidAt)];
}
