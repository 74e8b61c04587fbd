import type { Log } from '../core/log.ts';
import type { TmcMessage } from '../top/apis/tmcMessagesConsume.ts';
import type { MessagesReport } from './messagesReport.ts';
import { readMessage } from './messageTopics.ts';
import type { TradeShop } from './walkTrades.ts';

/** A message that can be confirmed. */
export type ReadableMessage = TmcMessage & { readonly id: string };

/** An order, once, with all the messages that name it. */
export type NamedOrder = {
  readonly orderId: string;
  readonly shop: TradeShop;
  readonly messageIds: string[];
};

/** Which orders a batch names, and which of its messages are done with as they are. */
export function sortMessages(
  messages: readonly ReadableMessage[],
  context: {
    readonly shops: readonly TradeShop[];
    readonly report: Pick<MessagesReport, 'unknownTopics' | 'withoutOrder' | 'foreign'>;
    readonly log: Log;
  },
): { readonly named: readonly NamedOrder[]; readonly done: string[] } {
  const { shops, report, log } = context;
  const named = new Map<string, NamedOrder>();
  const done: string[] = [];
  const odd = new Map<string, number>();
  for (const { id, ...message } of messages) {
    const meaning = readMessage(message);
    if (meaning.kind !== 'order') {
      report[meaning.kind === 'unknownTopic' ? 'unknownTopics' : 'withoutOrder'] += 1;
      odd.set(meaning.topic, (odd.get(meaning.topic) ?? 0) + 1);
      done.push(id);
      continue;
    }
    const { orderId, seller } = meaning;
    const shop = shops.find(({ sellerNick }) => sellerNick === seller);
    if (shop === undefined) {
      report.foreign += 1;
      done.push(id);
      continue;
    }
    const known = named.get(orderId);
    if (known === undefined) named.set(orderId, { orderId, shop, messageIds: [id] });
    else known.messageIds.push(id);
  }
  for (const [source, count] of odd) log.info('messages-of-no-order', { source, count });
  return { named: [...named.values()], done };
}
