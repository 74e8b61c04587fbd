import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { CarferryError } from '../../lib/core/errors.ts';
import { translateCar } from '../../lib/enrich/steps/carRecord.ts';
import { translateItem } from '../../lib/enrich/steps/itemRecord.ts';
import { readMessage } from '../../lib/pull/messageTopics.ts';
import { readAdRow } from '../../lib/pull/readAdRow.ts';
import { readTradeRow } from '../../lib/pull/readTradeRow.ts';
import { translateLead } from '../../lib/pull/sources/leadRecord.ts';
import { aliautoLeadInfoGet } from '../../lib/top/apis/aliautoLeadInfoGet.ts';
import { aliautoTradeCarOrderGet } from '../../lib/top/apis/aliautoTradeCarOrderGet.ts';
import { crmTradesInfoCreate } from '../../lib/top/apis/crmTradesInfoCreate.ts';
import { tbkItemInfoUpgradeGet } from '../../lib/top/apis/tbkItemInfoUpgradeGet.ts';
import { tmcMessagesConsume } from '../../lib/top/apis/tmcMessagesConsume.ts';
import { udSmartOrderDetailPull } from '../../lib/top/apis/udSmartOrderDetailPull.ts';
import { parseLossless } from '../../lib/top/losslessJson.ts';
import { readReply } from '../../lib/top/readReply.ts';
import { readFixture } from '../top/apis/documents.ts';
import { JSON_TEXTS, ODD_TEXTS } from './corpus.ts';
import { mutated } from './mutations.ts';
import { assertPlain, assertUnpolluted } from './purity.ts';
import { jsonText } from './webhookTargets.ts';

const hmac = (_purpose: string, text: string) => createHash('sha256').update(text).digest('hex');
const OBSERVED_AT = '2026-11-22T10:00:00+08:00';
const ORDER = '4277659395456225432';
const context = { now: 0 };

const consumed = String.raw`{"tmc_messages_consume_response":{"messages":{"tmc_message":[{"user_id":1736568971,"user_nick":"测试旗舰店","topic":"taobao_trade_TradeRated","content":"{\"oid\":519847211351083,\"tid\":4277659395456225432}","id":1172200053212681005,"pub_time":"2014-01-26 17:39:41","pub_app_key":"12497914"}]},"request_id":"x"}}`;

/** Reads a reply as the functions do, down to the record. */
const READERS: readonly (readonly [sample: string, read: (text: string) => unknown])[] = [
  [
    readFixture(`replies/${crmTradesInfoCreate.method}.json`),
    (text) =>
      readReply(text, crmTradesInfoCreate, context).reply.trades.map((row) =>
        readTradeRow(row, '测试店', hmac),
      ),
  ],
  [
    readFixture(`replies/${udSmartOrderDetailPull.method}.json`),
    (text) =>
      readReply(text, udSmartOrderDetailPull, context).reply.result.map((row) =>
        readAdRow(row, { prodType: 1, observedAt: OBSERVED_AT }, hmac),
      ),
  ],
  [
    readFixture(`replies/${aliautoLeadInfoGet.method}.json`),
    (text) => {
      const { data } = readReply(text, aliautoLeadInfoGet, context).reply;
      return data && translateLead(data, { shop: '测试店', orderId: ORDER, observedAt: OBSERVED_AT });
    },
  ],
  [
    readFixture(`replies/${aliautoTradeCarOrderGet.method}.json`),
    (text) => {
      const data = readReply(text, aliautoTradeCarOrderGet, context).reply.result?.data;
      return data && translateCar(data, { shop: '测试店', orderId: ORDER });
    },
  ],
  [
    readFixture(`replies/${tbkItemInfoUpgradeGet.method}.json`),
    (text) =>
      readReply(text, tbkItemInfoUpgradeGet, context).reply.results.map((row) =>
        row.ok ? translateItem(row.value, row.value.input_item_iid ?? '', OBSERVED_AT) : row.field,
      ),
  ],
  [
    consumed,
    (text) =>
      readReply(text, tmcMessagesConsume, context).reply.messages.map(
        (row) => row.ok && readMessage(row.value),
      ),
  ],
];

/** The only thing a reader may throw is one classified error. */
function assertClassified(read: () => unknown): void {
  try {
    read();
  } catch (thrown) {
    if (!(thrown instanceof CarferryError)) throw thrown;
    if (thrown.reason === 'unexpected') throw thrown;
  }
  assertUnpolluted();
}

/** A sample reply compacted, so that a change is more often in a value than in white space. */
const samples = READERS.map(([sample]) => sample.replace(/\n\s*/g, ''));

export const REPLY_TARGETS = {
  'TOP replies, each read by its own reader': () =>
    fc.property(
      fc
        .nat(READERS.length - 1)
        .chain((which) =>
          fc.tuple(fc.constant(which), mutated(fc.constantFrom(samples[which] ?? '', ...JSON_TEXTS))),
        ),
      ([which, text]) => assertClassified(() => READERS[which]?.[1](text)),
    ),
  'TOP replies whose values are odd': () =>
    fc.property(
      fc.nat(READERS.length - 1),
      fc.nat(),
      fc.oneof(fc.constantFrom(...ODD_TEXTS), fc.jsonValue({ maxDepth: 3 })),
      (which, at, odd) => {
        const sample = samples[which] ?? '';
        const values = [...sample.matchAll(/(?<=":)("(?:[^"\\]|\\.)*"|-?\d[\d.]*|true|false|null)/g)];
        const value = values[at % Math.max(1, values.length)];
        if (value === undefined) return;
        const text =
          sample.slice(0, value.index) + JSON.stringify(odd) + sample.slice(value.index + value[0].length);
        assertClassified(() => READERS[which]?.[1](text));
      },
    ),
  'any reply by any reader': () =>
    fc.property(fc.constantFrom(...READERS), jsonText, ([, read], text) =>
      assertClassified(() => read(text)),
    ),
  'lossless JSON': () =>
    fc.property(jsonText, (text) =>
      assertClassified(() => {
        const parsed = parseLossless(text);
        assertPlain(parsed);
        // Everything that is JSON for the engine is JSON here, and the other way round.
        JSON.parse(text);
      }),
    ),
  'content of messages': () =>
    fc.property(
      jsonText,
      fc.constantFrom('taobao_trade_TradeSuccess', 'tmall_auto_TradeModify', ...ODD_TEXTS),
      (content, topic) => {
        const meaning = readMessage({ topic, content, user_nick: '测试店' });
        if (meaning.kind === 'order' && !/^\d{1,20}$/.test(meaning.orderId)) throw new Error('no order id');
        assertUnpolluted();
      },
    ),
} as const;
