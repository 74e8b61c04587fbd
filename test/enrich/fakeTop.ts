import * as z from 'zod';
import { CarferryError, type CarferryErrorOptions } from '../../lib/core/errors.ts';
import { aliautoTradeCarOrderGet } from '../../lib/top/apis/aliautoTradeCarOrderGet.ts';
import { tbkItemInfoUpgradeGet } from '../../lib/top/apis/tbkItemInfoUpgradeGet.ts';
import type { TopApiDefinition, TopRequest, TopResponse } from '../../lib/top/defineTopApi.ts';
import type { TopCallOptions, TopClient } from '../../lib/top/topClient.ts';

export const CAR = aliautoTradeCarOrderGet.method;
export const ITEMS = tbkItemInfoUpgradeGet.method;

export type TopCall = {
  readonly method: string;
  readonly session: string | undefined;
  readonly ids: string[];
};

/** What TOP would send below the root, before the API's own schema reads it; or it throws. */
export type Answer = (call: TopCall) => unknown;

/** TOP as tests want it: every method throws until it is given an answer; replies pass the real schemas. */
export function createFakeTop() {
  const calls: TopCall[] = [];
  const answers: Record<string, Answer> = {};
  const top: Pick<TopClient, 'call'> = {
    call: async <Api extends TopApiDefinition>(
      api: Api,
      params: TopRequest<Api>,
      options: TopCallOptions = {},
    ): Promise<TopResponse<Api>> => {
      const ids = JSON.stringify(params).match(/\d{6,}/g) ?? [];
      const call = { method: api.method, session: options.session, ids };
      const answer = answers[api.method];
      if (answer === undefined) throw new TypeError(`the fake TOP has no answer for ${api.method}`);
      options.signal?.throwIfAborted();
      calls.push(call);
      return z.parse<Api['response']>(api.response, await answer(call));
    },
  };
  return { top, calls, answers, callsOf: (method: string) => calls.filter((call) => call.method === method) };
}

/** A whole-car order as TOP sends it. */
export function carReply(orderId: string, paidFen = 20000) {
  return {
    result: {
      success: true,
      data: {
        order_id: orderId,
        actual_paid_fee: paidFen,
        pay_status: 2,
        buyer_mobile: '13900000001',
        buyer_name_collect: '测试甲',
        sub_orders: [],
      },
    },
  };
}

/** Item details for the asked ids, under other ids and in reverse order. */
export function itemsReply(ids: readonly string[]) {
  const results = ids.map((id) => ({
    item_id: `new-${id}`,
    input_item_iid: id,
    item_basic_info: { title: `item ${id}`, brand_name: '测试品牌' },
  }));
  return { results: results.reverse() };
}

/** Gives car and item calls their everyday answers. */
export function answerAll(answers: Record<string, Answer>): void {
  answers[CAR] = ({ ids }) => carReply(ids[0] ?? '');
  answers[ITEMS] = ({ ids }) => itemsReply(ids);
}

export function topFailure(options: Partial<CarferryErrorOptions>): CarferryError {
  return new CarferryError({ disposition: 'retry', reason: 'test', message: 'as the test says', ...options });
}
