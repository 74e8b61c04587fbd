import type * as z from 'zod';
import { translateCar } from '../../../lib/enrich/steps/carRecord.ts';
import { translateItem } from '../../../lib/enrich/steps/itemRecord.ts';
import { translateAdLine } from '../../../lib/pull/sources/adLineRecord.ts';
import { translateLead } from '../../../lib/pull/sources/leadRecord.ts';
import { translateTrade } from '../../../lib/pull/sources/tradeRecord.ts';
import { aliautoLeadInfoGet } from '../../../lib/top/apis/aliautoLeadInfoGet.ts';
import { aliautoTradeCarOrderGet } from '../../../lib/top/apis/aliautoTradeCarOrderGet.ts';
import { crmTradesInfoCreate } from '../../../lib/top/apis/crmTradesInfoCreate.ts';
import { tbkItemInfoUpgradeGet } from '../../../lib/top/apis/tbkItemInfoUpgradeGet.ts';
import { udSmartOrderDetailPull } from '../../../lib/top/apis/udSmartOrderDetailPull.ts';
import type { TopApiDefinition } from '../../../lib/top/defineTopApi.ts';
import type { TopRow } from '../../../lib/top/topFields.ts';
import { unwrapReply } from '../../../lib/top/unwrapReply.ts';

export const OBSERVED_AT = '2026-11-22T10:00:00+08:00';
const SHOP = '测试店';

/** The parsed reply of an API; throws like the client when the body is an error or unreadable. */
export function readReply<Api extends TopApiDefinition>(api: Api, body: unknown): z.output<Api['response']>;
export function readReply(api: TopApiDefinition, body: unknown): unknown {
  const unwrapped = unwrapReply(body, api);
  if (unwrapped.kind === 'error') throw new Error(`error reply, code ${unwrapped.error.code}`);
  return api.response.parse(unwrapped.reply);
}

function readRows<T>(rows: readonly TopRow<T>[]): T[] {
  return rows.map((row) => {
    if (!row.ok) throw new Error(`unreadable row: ${row.field}: ${row.expected}`);
    return row.value;
  });
}

/** Parses a reply body of a method and translates every record in it, as the functions do. */
export const translateReply: Readonly<Record<string, (body: unknown) => unknown>> = {
  [crmTradesInfoCreate.method]: (body) =>
    readRows(readReply(crmTradesInfoCreate, body).trades).map((row) => translateTrade(row, SHOP)),
  [udSmartOrderDetailPull.method]: (body) =>
    readRows(readReply(udSmartOrderDetailPull, body).result).map((row) =>
      translateAdLine(row, { prodType: 1, observedAt: OBSERVED_AT }),
    ),
  [aliautoLeadInfoGet.method]: (body) => {
    const { data } = readReply(aliautoLeadInfoGet, body);
    return (
      data && translateLead(data, { shop: SHOP, orderId: '4277659395456225432', observedAt: OBSERVED_AT })
    );
  },
  [aliautoTradeCarOrderGet.method]: (body) => {
    const data = readReply(aliautoTradeCarOrderGet, body).result?.data;
    return data && translateCar(data, { shop: SHOP, orderId: '1234' });
  },
  [tbkItemInfoUpgradeGet.method]: (body) =>
    readRows(readReply(tbkItemInfoUpgradeGet, body).results).map((row) =>
      translateItem(row, row.input_item_iid ?? '', OBSERVED_AT),
    ),
};
