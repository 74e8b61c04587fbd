import { missingArgument } from '../gatewayFailure.ts';
import type { NodeMap } from '../json.ts';
import type { Call, Method } from '../method.ts';
import { breakRow } from '../quirkRows.ts';
import { carOrder } from '../render/carOrder.ts';
import { tradeStateAt } from '../world/tradeState.ts';
import { idMember, objectParam } from './objectParam.ts';

const notFound: NodeMap = {
  result: { success: false, msg_info: '订单不存在', msg_code: 'ORDER_NOT_EXIST' },
};

export const carOrderMethod: Method = {
  name: 'tmall.aliauto.trade.car.order.get',
  router: 'rest',
  session: true,
  answer(call) {
    const query = call.params.get('query') ? objectParam(call, 'query') : {};
    const orderId = idMember(query, 'order_id');
    if (orderId === undefined) throw missingArgument('order_id');
    const { sample } = call.realm;
    if (
      orderId === sample.tid &&
      call.shop?.sellerNick === sample.sellerNick &&
      call.at >= sample.createdAt
    ) {
      return sample.carOrder(orderId);
    }
    const data = find(call, orderId, query['buyer_nick']);
    if (data === undefined) return notFound;
    return {
      result: {
        data: breakRow(call.quirks, this.name, String(orderId), data),
        success: true,
        msg_info: '成功',
        msg_code: 'SUCCESS',
      },
    };
  },
};

// An order of another shop is as unknown as one that does not exist.
function find(call: Call, orderId: bigint, buyerNick: unknown): NodeMap | undefined {
  const trade = call.realm.world.tradeById(orderId);
  if (trade === undefined || !trade.isCar || trade.shop.sellerNick !== call.shop?.sellerNick)
    return undefined;
  if (buyerNick !== undefined && buyerNick !== trade.buyer.nick) return undefined;
  const state = tradeStateAt(trade, call.at);
  return state === undefined ? undefined : carOrder(trade, state);
}
