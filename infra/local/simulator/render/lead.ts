import type { NodeMap } from '../json.ts';
import { wallClock } from '../wallClock.ts';
import type { Lead, Trade } from '../world/trade.ts';
import type { TradeState } from '../world/tradeState.ts';
import { amountsOf } from './amounts.ts';
import { itemIdNode } from './itemId.ts';

/** `LeadTopInfoDTO` of an order's lead. */
export function leadData(trade: Trade, state: TradeState, lead: Lead): NodeMap {
  const [first] = trade.orders;
  if (first === undefined) return {};
  return {
    brand_name: trade.shop.brandName,
    item_title: first.item.title,
    order_id: trade.tid,
    series_name: first.item.seriesName,
    order_status: orderStatus(state),
    gmt_create: lead.clockAsText ? wallClock(lead.createdAt) : lead.createdAt,
    series_id: first.item.seriesId,
    item_id: itemIdNode(first.item.askedId),
    order_amount: amountsOf(trade, state).paid,
    lead_type: trade.type === 'nopaid' ? 'ZERO' : 'DEPOSIT',
    lead_no: lead.no,
    brand_id: trade.shop.brandId,
    lead_num: lead.phone,
    sku_outer_id: `${first.item.outerId}-SKU`,
    rating: trade.n % 3 === 0 ? '""' : trade.n % 3 === 1 ? 'A' : undefined,
  };
}

function orderStatus(state: TradeState): string {
  if (state.finishedAt !== undefined) return 'SUCCESS';
  if (state.endedAt !== undefined) return 'CLOSE';
  return state.paidAt === undefined && state.depositPaidAt === undefined ? 'WAIT_PAY' : 'PAID';
}
