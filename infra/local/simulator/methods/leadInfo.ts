import { invalidParameter } from '../gatewayFailure.ts';
import type { NodeMap } from '../json.ts';
import type { Call, Method } from '../method.ts';
import { breakRow } from '../quirkRows.ts';
import { coin } from '../random.ts';
import { leadData } from '../render/lead.ts';
import { tradeStateAt } from '../world/tradeState.ts';
import { idMember, objectParam } from './objectParam.ts';

const unknownOrder: NodeMap = { result_success: false, msg_info: '线索不存在', msg_code: 'LEAD_NOT_EXIST' };

function isTooEarly({ quirks: { lateLeads }, memory }: Call, orderId: bigint): boolean {
  return lateLeads !== undefined && memory.count(`lead/${orderId}`) + 1 < lateLeads.checks;
}

export const leadInfoMethod: Method = {
  name: 'tmall.aliauto.lead.info.get',
  router: 'rest',
  session: true,
  answer(call) {
    const orderId = idMember(objectParam(call, 'lead_top_query'), 'order_id');
    if (orderId === undefined) throw invalidParameter('order_id');
    const { sample } = call.realm;
    if (
      orderId === sample.tid &&
      call.shop?.sellerNick === sample.sellerNick &&
      call.at >= sample.createdAt
    ) {
      return sample.leadInfo(orderId);
    }
    const trade = call.realm.world.tradeById(orderId);
    if (trade === undefined || trade.shop.sellerNick !== call.shop?.sellerNick) return unknownOrder;
    const state = tradeStateAt(trade, call.at);
    if (state === undefined) return unknownOrder;
    const { lead } = trade;
    if (lead === undefined || lead.visibleAt > call.at || isTooEarly(call, orderId)) {
      // "No lead" comes in two forms; one order keeps to one of them.
      return coin(`no-lead/${orderId}`) < 0.5
        ? { result_success: true, msg_info: '成功', msg_code: '200' }
        : unknownOrder;
    }
    return {
      data: breakRow(call.quirks, this.name, String(orderId), leadData(trade, state, lead)),
      result_success: true,
      msg_info: '成功',
      msg_code: '200',
    };
  },
};
