import type { NodeMap } from '../json.ts';
import { wallClock } from '../wallClock.ts';
import type { SubOrder, Trade } from '../world/trade.ts';
import type { TradeState } from '../world/tradeState.ts';
import { orderPayable } from './amounts.ts';
import { itemIdNode } from './itemId.ts';
import { yuan } from './money.ts';

const clock = (epochMs: number | undefined) => (epochMs === undefined ? undefined : wallClock(epochMs));

/** One `Order` of a trade. The list of order statuses lacks the trade's pre-authorised one. */
export function orderRow(trade: Trade, state: TradeState, order: SubOrder): NodeMap {
  const payable = yuan(orderPayable(trade, order));
  const finished = state.finishedAt !== undefined;
  return {
    is_idle: '0',
    tmser_spu_code: trade.n % 10 === 4 ? '上门交付服务' : undefined,
    invoice_no: state.shippedAt === undefined ? undefined : `SIM${trade.n}`,
    logistics_company: state.shippedAt === undefined ? undefined : '测试物流',
    shipping_type: trade.isCar ? 'virtual' : 'express',
    consign_time: clock(state.shippedAt),
    end_time: clock(state.endedAt),
    cid: order.item.cid,
    seller_type: 'B',
    refund_id: state.refund === 'none' ? undefined : String(trade.tid + 17n),
    seller_rate: finished && trade.n % 4 === 0,
    buyer_rate: finished && trade.n % 2 === 0,
    num: order.num,
    item_meal_name: trade.n % 13 === 0 ? '整车:上门交付' : undefined,
    item_meal_id: trade.n % 13 === 0 ? 2_564_000_000 + trade.shop.index : undefined,
    sku_properties_name: order.item.skuText,
    part_mjz_discount: yuan(order.discountFen),
    divide_order_fee: payable,
    adjust_fee: '0.00',
    discount_fee: yuan(order.discountFen),
    payment: payable,
    total_fee: payable,
    oid: order.oid,
    status: state.status === 'WAIT_PRE_AUTH_CONFIRM' ? 'WAIT_SELLER_SEND_GOODS' : state.status,
    refund_status: refundStatus(state),
    outer_sku_id: `${order.item.outerId}-SKU`,
    outer_iid: order.item.outerId,
    sku_id: String(order.item.skuId),
    num_iid: itemIdNode(order.item.askedId),
    price: yuan(order.item.priceFen),
    pic_path: order.item.picture,
    title: order.item.title,
  };
}

function refundStatus(state: TradeState): string | undefined {
  const words = {
    none: undefined,
    asked: 'WAIT_SELLER_AGREE',
    refused: 'SELLER_REFUSE_BUYER',
    done: 'SUCCESS',
  } as const;
  return words[state.refund];
}
