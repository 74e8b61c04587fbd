import type { NodeMap } from '../json.ts';
import { wallClock } from '../wallClock.ts';
import { tradeStateAt } from '../world/tradeState.ts';
import type { WorldAdLine } from '../world/world.ts';
import { amountsOf, orderPayable } from './amounts.ts';
import { itemIdNode } from './itemId.ts';

/** One `OrderDetailCursorTopDTO`; the state is that of the line's own moment. Fees in fen, times without offset. */
export function adRow({ trade, line }: WorldAdLine): NodeMap {
  const state = tradeStateAt(trade, line.eventAt);
  const order = trade.orders[line.orderPlace];
  if (state === undefined || order === undefined) return {};
  const { click } = line;
  const payable = orderPayable(trade, order);
  const { deposit } = amountsOf(trade, state);
  const paid = state.paidAt !== undefined;
  const fromBytes = click.channel === 1;
  const clicked = trade.shop.cars[trade.n % trade.shop.cars.length] ?? order.item;
  return {
    seller_id: trade.shop.sellerId,
    seller_nick: trade.shop.sellerNick,
    brand_id: trade.shop.brandId,
    order_id: trade.tid,
    sub_order_id: order.oid,
    item_id: itemIdNode(clicked.askedId),
    item_name: clicked.title,
    pay_item_id: itemIdNode(order.item.askedId),
    pay_item_name: order.item.title,
    order_status: line.status,
    order_create_time: wallClock(trade.createdAt),
    pay_fee: paid ? payable : 0,
    due_pay_fee: paid ? 0 : payable,
    // Meaningless when only placed; left blank one way or the other.
    order_pay_time: paid && state.paidAt !== undefined ? wallClock(state.paidAt) : blank(trade.n),
    actual_pay_fee: paid ? payable : 0,
    order_refund_time: line.status === 3 ? wallClock(line.eventAt) : blank(trade.n + 1),
    order_refund_fee: line.status === 3 ? payable : 0,
    is_ad_order: 1,
    channel_id: click.channel,
    click_time: wallClock(click.clickedAt),
    advertiser_id: 1_700_000_000_000 + click.number,
    mid1: fromBytes ? `71${click.number}01` : '',
    mid2: fromBytes ? `71${click.number}02` : '',
    mid3: fromBytes ? `71${click.number}03` : '',
    syn_click_id: `sync-${click.code}`,
    syn_request_id: `synr-${click.code}`,
    asyn_click_id: `async-${click.code}`,
    asyn_request_id: `asynr-${click.code}`,
    project_id: fromBytes ? 7_300_000_000_000_000_000n + BigInt(click.number) : undefined,
    promotion_id: fromBytes ? 7_400_000_000_000_000_000n + BigInt(click.number) : undefined,
    monitor_unique_id: `mon-${click.code}`,
    presale_deposit_fee: deposit,
    remaining_payment_fee: trade.type === 'step' ? payable - deposit : 0,
    is_attr_by_others: line.status === 2 ? (trade.n % 9 === 0 ? 1 : 0) : undefined,
    campaign_id: 30_000_000 + (click.number % 50),
    adgroup_id: 40_000_000 + (click.number % 200),
    creative_id: 50_000_000 + (click.number % 900),
    buy_amount: order.num,
    shop_name: trade.shop.shopName,
    commission_rate: click.prodType === 2 ? '1.5' : undefined,
    commission_fee: click.prodType === 2 && paid ? Math.floor((payable * 15) / 1000) : undefined,
    item_pic_url: order.item.picture,
    c_site: fromBytes ? String(1 + (click.number % 4)) : undefined,
    c_type: fromBytes ? String(1 + (click.number % 3)) : undefined,
    b_vid: click.channel === 108 ? `sim${click.code}` : undefined,
  };
}

function blank(n: number): '' | undefined {
  return n % 2 === 0 ? '' : undefined;
}
