import { invalidParameter, missingArgument } from '../gatewayFailure.ts';
import { type NodeMap, TaggedList } from '../json.ts';
import type { Call, Method } from '../method.ts';
import { breakRow } from '../quirkRows.ts';
import { coin } from '../random.ts';
import { shopOfNick } from '../realm.ts';
import { readSeconds } from '../wallClock.ts';
import { listedTrades } from './listedTrades.ts';
import { pageParam, tradeFilter } from './tradeFilter.ts';
import { countedRows, pageOfRows } from './unstablePages.ts';

const DAY_MS = 86_400_000;
/** Three months and two days: older windows are refused. */
const LISTED_MS = 94 * DAY_MS;
const DEFAULT_PAGE_SIZE = 20;
const MOST_ROWS = 100;
const DEFAULT_FIELDS = ['tid', 'created', 'status'];

export const tradesInfoMethod: Method = {
  name: 'qimen.taobao.crm.trades.info.create',
  router: 'qm',
  session: false,
  answer(call) {
    const { params } = call;
    const sellerNick = params.get('seller_nick');
    if (!sellerNick) throw missingArgument('seller_nick');
    if (shopOfNick(call.realm, sellerNick) === undefined) throw invalidParameter('seller_nick');
    const { from, to } = period(call);
    const wanted = tradeFilter(params);
    const pageNo = pageParam(params, 'page_no', 1);
    const pageSize = Math.min(pageParam(params, 'page_size', DEFAULT_PAGE_SIZE), MOST_ROWS);

    const window = `${sellerNick}/${from}/${to}`;
    const listed = listedTrades(call, sellerNick, from, to).filter(wanted);
    const trades = countedRows(call, { window, rows: listed });
    const page = pageOfRows(call, { window, rows: trades }, { pageNo, pageSize });
    const fields = fieldNames(params.get('fields'));
    const rows = page.map((trade) =>
      breakRow(call.quirks, this.name, String(trade.tid), select(trade.row(), fields)),
    );
    const more = pageNo * pageSize < trades.length;
    return {
      ...(params.get('use_has_next') === 'true'
        ? { has_next: String(more) }
        : { total_results: String(trades.length) }),
      page_no: String(pageNo),
      page_size: String(pageSize),
      trades: new TaggedList('trade', rows),
      // The published sample says `0` for success; `true` is seen as well.
      success: sellerNick === call.realm.sample.sellerNick || coin(`success/${from}`) < 0.5 ? '0' : 'true',
    };
  },
};

function period(call: Call): { from: number; to: number } {
  const read = (name: string, otherwise: number) => {
    const text = call.params.get(name);
    if (!text) return otherwise;
    const epochMs = readSeconds(text);
    if (epochMs === undefined) throw invalidParameter(name);
    return epochMs;
  };
  const from = read('start_created', call.at - 90 * DAY_MS);
  const to = read('end_created', call.at);
  if (from < call.at - LISTED_MS) throw invalidParameter('start_created');
  if (to < from) throw invalidParameter('end_created');
  return { from, to };
}

function fieldNames(text: string | undefined): ReadonlySet<string> {
  const names = text ? text.split(',').map((name) => name.trim()) : DEFAULT_FIELDS;
  // Members of inner rows are asked for as `orders.oid` or by the list's own name.
  return new Set(names.map((name) => name.split('.')[0] ?? name));
}

function select(row: NodeMap, fields: ReadonlySet<string>): NodeMap {
  const selected: NodeMap = {};
  for (const name in row) {
    if (fields.has(name)) selected[name] = row[name];
  }
  return selected;
}
