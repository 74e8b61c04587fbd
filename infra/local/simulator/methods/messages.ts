import { invalidArgument, missingArgument } from '../gatewayFailure.ts';
import { TaggedList } from '../json.ts';
import type { Method } from '../method.ts';
import { messageQueueOf } from '../platform/messageQueue.ts';
import { wallClock } from '../wallClock.ts';

const LEAST = 10;
const MOST = 200;

export const messagesConsumeMethod: Method = {
  name: 'taobao.tmc.messages.consume',
  router: 'rest',
  session: false,
  answer({ params, realm, at }) {
    const quantity = Number(params.get('quantity') ?? '100');
    if (!Number.isSafeInteger(quantity) || quantity < LEAST || quantity > MOST)
      throw invalidArgument('quantity');
    const rows = messageQueueOf(realm)
      .consume(at, quantity)
      .map((message) => ({
        id: message.id,
        topic: message.topic,
        content: message.content,
        pub_time: wallClock(message.at),
        pub_app_key: '12497914',
        user_id: message.sellerId,
        user_nick: message.sellerNick,
      }));
    return { messages: new TaggedList('tmc_message', rows) };
  },
};

export const messagesConfirmMethod: Method = {
  name: 'taobao.tmc.messages.confirm',
  router: 'rest',
  session: false,
  answer({ params, realm }) {
    const text = params.get('s_message_ids');
    if (!text) throw missingArgument('s_message_ids');
    const ids = text.split(',');
    if (ids.length > MOST || ids.some((id) => !/^\d{1,20}$/.test(id))) throw invalidArgument('s_message_ids');
    messageQueueOf(realm).confirm(ids.map(BigInt));
    return { is_success: true };
  },
};

export const userPermitMethod: Method = {
  name: 'taobao.tmc.user.permit',
  router: 'rest',
  session: true,
  answer({ realm, shop, at }) {
    if (shop !== undefined) messageQueueOf(realm).permit(shop.sellerNick, at);
    return { is_success: true };
  },
};
