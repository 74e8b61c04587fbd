import type { TmcMessage } from '../top/apis/tmcMessagesConsume.ts';
import { parseLossless } from '../top/losslessJson.ts';
import { rawId } from './rawFields.ts';

/** Topics whose messages say that an order changed. Source: protocol notes, section 9.3. */
const ORDER_TOPICS = /^taobao_trade_|^taobao_refund_|^tmall_auto_|^tmall_aliauto_|^taobao_aliauto_/;
/** Where their content names the order: trades and refunds, Tmall auto. */
const ORDER_ID_MEMBERS = ['tid', 'order_id', 'biz_order_id'];
/** The length of the longest documented content; more is no message. */
const MOST_CONTENT = 122_880;

/** What a message is good for. */
export type MessageMeaning =
  | { readonly kind: 'order'; readonly orderId: string; readonly seller: string | undefined }
  /** Of a topic that concerns no order. */
  | { readonly kind: 'unknownTopic'; readonly topic: string }
  /** Its content cannot be read, or names no order. */
  | { readonly kind: 'withoutOrder'; readonly topic: string };

function contentOf(text: string | undefined): unknown {
  if (text === undefined || text.length > MOST_CONTENT) return undefined;
  try {
    return parseLossless(text);
  } catch {
    return undefined;
  }
}

/** A topic as it may stand in a log: its name is the platform's, but nobody has checked it. */
function plainTopic(topic: string | undefined): string {
  return topic !== undefined && /^\w{1,80}$/.test(topic) ? topic : 'unreadable';
}

/** Reads one message; never throws. Ids keep all their digits. */
export function readMessage(message: Pick<TmcMessage, 'topic' | 'content' | 'user_nick'>): MessageMeaning {
  const topic = plainTopic(message.topic);
  if (!ORDER_TOPICS.test(topic)) return { kind: 'unknownTopic', topic };
  const content = contentOf(message.content);
  const orderId = ORDER_ID_MEMBERS.map((member) => rawId(content, member)).find((id) => id !== undefined);
  if (orderId === undefined || /^0+$/.test(orderId)) return { kind: 'withoutOrder', topic };
  return { kind: 'order', orderId, seller: message.user_nick };
}
