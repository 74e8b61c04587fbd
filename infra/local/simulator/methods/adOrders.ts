import { GatewayFailure, invalidArgument, invalidParameter, missingArgument } from '../gatewayFailure.ts';
import { type NodeMap, TaggedList } from '../json.ts';
import type { Call, Method } from '../method.ts';
import { breakRow, isNth } from '../quirkRows.ts';
import { coin, hash32 } from '../random.ts';
import { adRow } from '../render/adRow.ts';
import { readMilliseconds, wallDate } from '../wallClock.ts';
import { countUpTo, type WorldAdLine } from '../world/world.ts';
import { type ObjectParam, objectParam } from './objectParam.ts';

const PAGE_SIZE = 50;

export const adOrdersMethod: Method = {
  name: 'alibaba.taobao.ud.smart.order.detail.pull',
  router: 'rest',
  session: false,
  answer(call) {
    const query = objectParam(call, 'order_top_cursor_query_dto');
    const start = timeMember(query, 'start_time');
    const end = timeMember(query, 'end_time');
    if (end.epochMs < start.epochMs || wallDate(start.epochMs) !== wallDate(end.epochMs)) {
      throw invalidParameter('end_time');
    }
    const prodType = prodTypeMember(query);
    const window = `${start.text}/${end.text}/${prodType}`;
    const offset = cursorOffset(query, window);

    const rows = adRows(call, prodType, start.epochMs, end.epochMs);
    const page = rows.slice(offset, offset + PAGE_SIZE);
    const next = offset + page.length;
    const cursor = nextCursor(query, window, page.length, next, rows.length);
    return {
      result: new TaggedList(
        'order_detail_cursor_top_d_t_o',
        page.map(({ id, row }) => breakRow(call.quirks, this.name, id, row())),
      ),
      ...(coin(`success/${window}`) < 0.5 ? { success: true } : {}),
      ...(cursor === undefined ? {} : { cursor_id: cursor }),
    };
  },
};

function timeMember(query: ObjectParam, name: string): { text: string; epochMs: number } {
  const text = query[name];
  if (text === undefined || text === null || text === '') throw missingArgument(name);
  const epochMs = typeof text === 'string' ? readMilliseconds(text) : undefined;
  if (typeof text !== 'string' || epochMs === undefined) throw invalidParameter(name);
  return { text, epochMs };
}

function prodTypeMember(query: ObjectParam): 1 | 2 {
  const value = String(query['prod_type'] ?? '1');
  if (value !== '1' && value !== '2') throw invalidParameter('prod_type');
  return value === '1' ? 1 : 2;
}

function adRows(call: Call, prodType: 1 | 2, from: number, to: number): { id: string; row: () => NodeMap }[] {
  const { world, sample } = call.realm;
  const last = Math.min(to, call.at);
  const lines = world.adLinesOf(prodType, call.at);
  const inside = lines.slice(
    countUpTo(lines, from - 1, ({ line }) => line.at),
    countUpTo(lines, last, ({ line }) => line.at),
  );
  const { lateAds, restatedAds } = call.quirks;
  const rows = inside
    .map((found) => ({ id: adLineId(found), at: found.line.at, row: () => adRow(found) }))
    .filter(({ id, at }) => !isDisturbed(lateAds, id) || at + (lateAds?.seconds ?? 0) * 1000 <= call.at)
    .map(({ id, at, row }) => {
      const isRestated = isDisturbed(restatedAds, id) && at + (restatedAds?.seconds ?? 0) * 1000 <= call.at;
      return { id, row: isRestated ? () => restated(row()) : row };
    });
  if (prodType === 1 && sample.adAt >= from && sample.adAt <= last) {
    rows.push({ id: 'sample', row: () => sample.adRow });
  }
  return rows;
}

function adLineId({ trade, line }: WorldAdLine): string {
  return `${trade.tid}/${line.orderPlace}/${line.status}/${line.click.code}`;
}

function isDisturbed(rule: { everyRows: number } | undefined, id: string): boolean {
  return rule !== undefined && isNth(id, rule.everyRows);
}

/** The same line as the platform settles it later: a lower amount, another campaign, shared with others. */
function restated(row: NodeMap): NodeMap {
  const { pay_fee: payFee, campaign_id: campaignId } = row;
  return {
    ...row,
    pay_fee: typeof payFee === 'number' ? Math.floor(payFee / 2) : payFee,
    campaign_id: typeof campaignId === 'number' ? campaignId + 1 : campaignId,
    is_attr_by_others: 1,
  };
}

// A cursor says how far its window has been read, and belongs to that window alone.
function cursorOf(window: string, offset: number): string {
  return `c${hash32(window).toString(36)}-${offset.toString(36)}`;
}

function cursorOffset(query: ObjectParam, window: string): number {
  const cursor = query['cursor_id'];
  if (cursor === undefined || cursor === null || cursor === '') return 0;
  if (typeof cursor !== 'string') throw invalidArgument('cursor_id');
  const offset = Number.parseInt(cursor.split('-').at(-1) ?? '', 36);
  if (!Number.isSafeInteger(offset) || cursor !== cursorOf(window, offset)) throw badCursor();
  return offset;
}

function badCursor(): GatewayFailure {
  return new GatewayFailure(
    50,
    'Remote service error',
    'isv.invalid-parameter:cursor_id',
    '非法参数 cursor_id',
  );
}

// Nobody has published how the end looks, so each window ends in one of four ways.
function nextCursor(
  query: ObjectParam,
  window: string,
  shown: number,
  next: number,
  total: number,
): string | undefined {
  if (next < total) return cursorOf(window, next);
  const end = Math.floor(coin(`end/${window}`) * 4);
  if (end === 0) return shown > 0 ? cursorOf(window, next) : undefined;
  if (end === 1) return '';
  if (end === 2) return undefined;
  if (shown > 0) return cursorOf(window, next);
  return typeof query['cursor_id'] === 'string' ? query['cursor_id'] : undefined;
}
