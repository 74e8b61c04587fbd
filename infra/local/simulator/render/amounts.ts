import type { SubOrder, Trade } from '../world/trade.ts';
import type { TradeState } from '../world/tradeState.ts';

/** All in fen. `paid` is what the buyer has paid by now, before any refund. */
export type Amounts = { price: number; discount: number; payable: number; deposit: number; paid: number };

export function orderPayable(trade: Trade, order: SubOrder): number {
  if (trade.type === 'nopaid') return 0;
  return order.item.priceFen * order.num - order.discountFen;
}

export function amountsOf(trade: Trade, state: TradeState): Amounts {
  const price = trade.orders.reduce((sum, order) => sum + order.item.priceFen * order.num, 0);
  const discount = trade.orders.reduce((sum, order) => sum + order.discountFen, 0);
  const payable = trade.orders.reduce((sum, order) => sum + orderPayable(trade, order), 0);
  const deposit = trade.type === 'step' ? (trade.orders[0]?.item.depositFen ?? 0) : 0;
  const paid = state.paidAt !== undefined ? payable : state.depositPaidAt !== undefined ? deposit : 0;
  return { price, discount, payable, deposit, paid };
}

/** `pay_status` of a car order: 1 unpaid, 2 paid, 4 refunded, 6 success, 8 closed unpaid. */
export function carPayStatus(state: TradeState): 1 | 2 | 4 | 6 | 8 {
  if (state.refund === 'done') return 4;
  if (state.finishedAt !== undefined) return 6;
  if (state.endedAt !== undefined) return 8;
  return state.paidAt === undefined ? 1 : 2;
}

/** `refund_status` of a car order: 1 asked, 5 success, 6 refused, 9 none. */
export function carRefundStatus(state: TradeState): 1 | 5 | 6 | 9 {
  const codes = { none: 9, asked: 1, refused: 6, done: 5 } as const;
  return codes[state.refund];
}
