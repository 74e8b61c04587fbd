import { isRecord, readJson } from '../../../../infra/local/simulator/json.ts';
import { type SignMethod, sign } from '../../../../infra/local/simulator/signature.ts';
import type { Simulator } from '../../../../infra/local/simulator/simulator.ts';
import { wallClock } from '../../../../infra/local/simulator/wallClock.ts';

export const tradesMethod = 'qimen.taobao.crm.trades.info.create';
export const carMethod = 'tmall.aliauto.trade.car.order.get';
export const leadMethod = 'tmall.aliauto.lead.info.get';
export const adMethod = 'alibaba.taobao.ud.smart.order.detail.pull';
export const itemMethod = 'taobao.tbk.item.info.upgrade.get';
export const allTypes =
  'fixed,auction,guarantee_trade,auto_delivery,independent_simple_trade,independent_shop_trade,ec,cod,fenxiao,' +
  'game_equipment,shopex_trade,netcn_trade,external_trade,o2o_offlinetrade,step,nopaid,pre_auth_type';

export type CallOptions = {
  signMethod?: SignMethod;
  secret?: string;
  /** After signing: a value replaces the parameter, undefined removes it. */
  tamper?: Record<string, string | undefined>;
  headers?: Record<string, string>;
};

/** Calls a method of a simulator; `undefined` values in `params` remove a public parameter before signing. */
export async function callText(
  simulator: Simulator,
  method: string,
  params: Record<string, string | undefined>,
  options: CallOptions = {},
): Promise<{ status: number; type: string; text: string }> {
  const qimen = method.startsWith('qimen.');
  const all: Record<string, string | undefined> = {
    method,
    app_key: simulator.info.appKey,
    timestamp: wallClock(Date.now()),
    v: '2.0',
    format: 'json',
    sign_method: options.signMethod ?? 'hmac-sha256',
    ...(qimen ? { target_app_key: simulator.info.targetAppKey } : {}),
    ...params,
  };
  const signed = new Map(
    Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  signed.set(
    'sign',
    sign(signed, options.secret ?? simulator.info.appSecret, options.signMethod ?? 'hmac-sha256'),
  );
  for (const [name, value] of Object.entries(options.tamper ?? {})) {
    if (value === undefined) signed.delete(name);
    else signed.set(name, value);
  }
  const response = await fetch(qimen ? simulator.qimenUrl : simulator.topUrl, {
    method: 'POST',
    body: new URLSearchParams([...signed]),
    headers: { ...options.headers },
  });
  return {
    status: response.status,
    type: response.headers.get('content-type') ?? '',
    text: await response.text(),
  };
}

export async function call(
  simulator: Simulator,
  method: string,
  params: Record<string, string | undefined>,
  options: CallOptions = {},
): Promise<unknown> {
  return readJson((await callText(simulator, method, params, options)).text);
}

/** The member at a path of names and places; undefined when there is none. */
export function pick(value: unknown, ...path: (string | number)[]): unknown {
  let found = value;
  for (const step of path) {
    if (Array.isArray(found)) found = found[Number(step)];
    else found = isRecord(found) ? found[step] : undefined;
  }
  return found;
}

/** A list member in any of its shapes. */
export function list(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  const [only] = isRecord(value) ? Object.values(value) : [];
  return Array.isArray(only) ? only : [];
}

/** Every trade a seller has in [from, to] (epoch ms), of all types and with all fields named. */
export async function allTrades(simulator: Simulator, sellerNick: string, from: number, to: number) {
  const trades: unknown[] = [];
  for (let page = 1; ; page += 1) {
    const reply = await call(simulator, tradesMethod, {
      seller_nick: sellerNick,
      start_created: wallClock(from),
      end_created: wallClock(to),
      type: allTypes,
      fields: 'tid,created,modified,status,type,orders,payment,seller_nick,service_orders,promotion_details',
      page_no: String(page),
      page_size: '100',
    });
    const rows = list(pick(reply, 'trades'));
    trades.push(...rows);
    if (rows.length === 0) return trades;
  }
}

export async function control(
  simulator: Simulator,
  path: string,
  body?: unknown,
  verb?: string,
): Promise<unknown> {
  const response = await fetch(`${simulator.url}/_sim/${path}`, {
    method: verb ?? (body === undefined ? 'GET' : 'POST'),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const parsed: unknown = await response.json();
  return parsed;
}
