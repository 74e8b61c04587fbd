import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { tmcMessagesConfirm } from '../../../lib/top/apis/tmcMessagesConfirm.ts';
import { tmcMessageShape, tmcMessagesConsume } from '../../../lib/top/apis/tmcMessagesConsume.ts';
import { tmcUserPermit } from '../../../lib/top/apis/tmcUserPermit.ts';
import type { TopApiDefinition } from '../../../lib/top/defineTopApi.ts';
import { readReply } from '../../../lib/top/readReply.ts';
import { readFixture } from './documents.ts';
import { schemaPaths } from './schemaPaths.ts';

const fieldList = z.object({ request: z.array(z.string()), response: z.array(z.string()) });
const apis: readonly (readonly [TopApiDefinition, Record<string, z.ZodRawShape>])[] = [
  [tmcMessagesConsume, { messages: tmcMessageShape }],
  [tmcMessagesConfirm, {}],
  [tmcUserPermit, {}],
];

describe.each(apis)('$0.method', (api, rows) => {
  it('declares every documented field and no other', () => {
    const documented = fieldList.parse(JSON.parse(readFixture(`apis/${api.method}.fields.json`)));

    expect(schemaPaths(api.request).sort()).toEqual([...documented.request].sort());
    expect(schemaPaths(api.response, rows).sort()).toEqual([...documented.response].sort());
  });
});

const consumed = (text: string) => readReply(text, tmcMessagesConsume, { now: 0 }).reply.messages;
const row =
  '{"user_id":1736568971,"user_nick":"测试旗舰店","topic":"taobao_trade_TradeRated","content":' +
  String.raw`"{\"payment\":\"15.70\",\"oid\":519847211351083,\"tid\":4277659395456225432}",` +
  '"id":1172200053212681005,"pub_time":"2014-01-26 17:39:41","pub_app_key":"12497914"}';

describe('consumed messages', () => {
  it.each([
    ['wrapped', `{"tmc_messages_consume_response":{"messages":{"tmc_message":[${row}]}}}`],
    ['flat', `{"tmc_messages_consume_response":{"messages":[${row}],"request_id":"x"}}`],
    ['simplified', `{"messages":[${row}],"request_id":"x"}`],
    [
      'with quoted ids',
      `{"messages":[${row.replaceAll(/"(id|user_id)":(\d+)/g, '"$1":"$2"')}],"request_id":"x"}`,
    ],
  ])('keep every digit of their ids, %s', (_what, text) => {
    const [message] = consumed(text);

    expect(message?.ok && message.value).toMatchObject({
      id: '1172200053212681005',
      user_id: '1736568971',
      user_nick: '测试旗舰店',
      content: '{"payment":"15.70","oid":519847211351083,"tid":4277659395456225432}',
    });
  });

  it.each([
    '{"tmc_messages_consume_response":{"request_id":"x"}}',
    '{"tmc_messages_consume_response":{"messages":{},"request_id":"x"}}',
    '{"tmc_messages_consume_response":{"messages":{"tmc_message":[]}}}',
    '{"request_id":"x"}',
  ])('are none in %s', (text) => {
    expect(consumed(text)).toEqual([]);
  });

  it('cost their neighbours nothing when one is unreadable', () => {
    const rows = consumed(`{"messages":[{"id":"x"},${row},7]}`);

    expect(rows.map(({ ok }) => ok)).toEqual([false, true, false]);
  });

  it('are never none in an error, an empty object or a page', () => {
    for (const text of ['{}', '[]', '<html></html>', '{"error_response":{"code":7,"msg":"Call Limited"}}']) {
      expect(() => consumed(text)).toThrow(expect.objectContaining({ name: 'CarferryError' }));
    }
  });
});

describe('a confirmation', () => {
  const confirmed = (text: string) => readReply(text, tmcMessagesConfirm, { now: 0 });

  it('counts only when the platform says so', () => {
    const reply = (value: string) =>
      `{"tmc_messages_confirm_response":{"is_success":${value},"request_id":"x"}}`;

    expect(confirmed(reply('true')).reply.is_success).toBe(true);
    for (const value of ['false', 'null', '"no"']) expect(() => confirmed(reply(value))).toThrow();
  });

  it.each(['1', '1,2', Array.from({ length: 200 }, (_, n) => `117220005321268${1000 + n}`).join(',')])(
    'takes ids as a comma list',
    (ids) => {
      expect(tmcMessagesConfirm.request.safeParse({ s_message_ids: ids }).success).toBe(true);
    },
  );

  it.each(['', '1,', 'a', '1 ,2', Array(201).fill('1').join(',')])('is not sent for "%s"', (ids) => {
    expect(tmcMessagesConfirm.request.safeParse({ s_message_ids: ids }).success).toBe(false);
  });

  it('never sends the deprecated list of failures', () => {
    expect(tmcMessagesConfirm.request.safeParse({ s_message_ids: '1', f_message_ids: '2' }).success).toBe(
      false,
    );
  });
});
