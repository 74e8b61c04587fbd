import { request } from 'undici';
import { startSimulator } from '../../infra/local/simulator/simulator.ts';
import { toChinaWallClock } from '../../lib/domain/chinaTime.ts';
import { aliautoTradeCarOrderGet } from '../../lib/top/apis/aliautoTradeCarOrderGet.ts';
import {
  CRM_TRADE_FIELDS,
  CRM_TRADE_TYPES,
  crmTradesInfoCreate,
} from '../../lib/top/apis/crmTradesInfoCreate.ts';
import { tbkItemInfoUpgradeGet } from '../../lib/top/apis/tbkItemInfoUpgradeGet.ts';
import type { TopApiDefinition } from '../../lib/top/defineTopApi.ts';
import { encodeParams, signedForm, type TopApp } from '../../lib/top/topRequest.ts';

const DAY_MS = 86_400_000;
const ANCHOR = Date.parse('2026-11-20T12:00:00+08:00');
const PAGE = 100;
const CAR_BYTES = 3_000;
const PAGE_BYTES = 300_000;

/** Replies as the simulator words them; served again, unchanged for every call, by `fixedServer.ts`. */
export type Captured = {
  readonly sellerNick: string;
  /** A whole-car order, and the id it was asked with. */
  readonly car: { readonly orderId: string; readonly text: string };
  /** One page of trades, and what was asked for. */
  readonly page: { readonly text: string; readonly params: Readonly<Record<string, string>> };
  /** An item of the car order. */
  readonly item: { readonly itemId: string; readonly text: string };
};

/**
 * Asks a small invented world for one page of trades and a car order. Its sub-orders are repeated until the
 * replies have the sizes that the figures speak of: 3 KB and 300 KB.
 */
export async function captureReplies(): Promise<Captured> {
  const simulator = await startSimulator({ seed: 'bench', anchorAt: ANCHOR, trades: 600, shops: 1 });
  try {
    const { appKey, appSecret, targetAppKey, shops } = simulator.info;
    const app: TopApp = { appKey, appSecret, targetAppKey, signMethod: 'hmac-sha256', simplify: false };
    const [shop] = shops;
    if (shop === undefined) throw new Error('the simulator has no shop');
    const ask = async (api: TopApiDefinition, params: unknown, session?: string): Promise<string> => {
      const form = signedForm(api, encodeParams(api, params), app, session, Date.now());
      const { body } = await request(api.gateway === 'top' ? simulator.topUrl : simulator.qimenUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded;charset=utf-8' },
        body: form,
      });
      return await body.text();
    };
    const params = {
      fields: CRM_TRADE_FIELDS.join(','),
      start_created: toChinaWallClock(ANCHOR - 90 * DAY_MS),
      end_created: toChinaWallClock(ANCHOR),
      type: CRM_TRADE_TYPES.join(','),
      page_no: '1',
      page_size: String(PAGE),
      seller_nick: shop.sellerNick,
    };
    const page = repeatSubOrders(await ask(crmTradesInfoCreate, params), 'orders', PAGE_BYTES);
    for (const [, orderId = ''] of page.matchAll(/"tid":"(\d+)/g)) {
      const text = await ask(aliautoTradeCarOrderGet, { query: { order_id: orderId } }, shop.session);
      const itemId = /"item_id":"?(\d+)/.exec(text)?.[1];
      if (itemId === undefined) continue;
      return {
        sellerNick: shop.sellerNick,
        car: { orderId, text: repeatSubOrders(text, 'car_sub_order_detail_dto', CAR_BYTES) },
        page: { text: page, params },
        item: { itemId, text: await ask(tbkItemInfoUpgradeGet, { item_id: itemId }) },
      };
    }
    throw new Error('the simulator listed no car order');
  } finally {
    await simulator.close();
  }
}

/** Lengthens every list under `key` by its own elements until the whole text has `bytes`. */
function repeatSubOrders(text: string, key: string, bytes: number): string {
  const opening = `"${key}":[`;
  const pieces = text.split(opening);
  const missing = bytes - Buffer.byteLength(text);
  let out = pieces[0] ?? '';
  let added = 0;
  for (const [index, piece] of pieces.slice(1).entries()) {
    const element = firstElement(piece);
    const size = Buffer.byteLength(element) + 1;
    const share = (missing * (index + 1)) / (pieces.length - 1);
    let more = '';
    while (added + size / 2 <= share) {
      more += `${element},`;
      added += size;
    }
    out += opening + more + piece;
  }
  return out;
}

/** The text of the object that a list begins with. */
function firstElement(list: string): string {
  for (let end = list.indexOf('}'); end !== -1; end = list.indexOf('}', end + 1)) {
    const candidate = list.slice(0, end + 1);
    try {
      JSON.parse(candidate);
      return candidate;
    } catch {
      // A brace inside the object: the next one may be its end.
    }
  }
  throw new Error('a list without an object');
}
