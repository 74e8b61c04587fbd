import { expect, test } from 'vitest';
import { isRecord, type Node, TaggedList } from '../../../../infra/local/simulator/json.ts';
import { adRow } from '../../../../infra/local/simulator/render/adRow.ts';
import { carOrder } from '../../../../infra/local/simulator/render/carOrder.ts';
import { itemDetail } from '../../../../infra/local/simulator/render/itemDetail.ts';
import { leadData } from '../../../../infra/local/simulator/render/lead.ts';
import { tradeRow } from '../../../../infra/local/simulator/render/tradeRow.ts';
import { readSample } from '../../../../infra/local/simulator/samples/sampleDocument.ts';
import { createWorld } from '../../../../infra/local/simulator/world/world.ts';
import { pick } from './simulatorClient.ts';

const anchorAt = Date.parse('2026-11-20T12:34:56.789+08:00');
const world = createWorld({ seed: 'fields', anchorAt, trades: 2000, shops: 2, growthPerMinute: 0 });
const trades = world.trades(anchorAt);
const last = (trade: (typeof trades)[number]) => trade.states.slice(-1);

const cases: { what: string; published: unknown; rows: () => Node[] }[] = [
  {
    what: 'a trade',
    published: pick(readSample('tradesInfo'), 'trades', 'trade', 0),
    rows: () => trades.flatMap((trade) => last(trade).map((state) => tradeRow(trade, state))),
  },
  {
    what: 'a car order',
    published: pick(readSample('carOrder'), 'result', 'data'),
    rows: () => trades.flatMap((trade) => last(trade).map((state) => carOrder(trade, state))),
  },
  {
    what: 'a lead',
    published: pick(readSample('leadInfo'), 'data'),
    rows: () =>
      trades.flatMap((trade) =>
        last(trade).flatMap((state) => (trade.lead ? [leadData(trade, state, trade.lead)] : [])),
      ),
  },
  {
    what: 'an ad line',
    published: pick(readSample('adOrders'), 'result', 'order_detail_cursor_top_d_t_o', 0),
    rows: () => ([1, 2] as const).flatMap((prod) => world.adLinesOf(prod, anchorAt).map(adRow)),
  },
  {
    what: 'an item',
    published: pick(readSample('itemInfo'), 'results', 'tbk_item_detail', 0),
    rows: () => [...world.items.values()].map(({ shop, item }) => itemDetail(shop, item)),
  },
];

test.each(cases)(
  '$what of the invented world has every published field and no other',
  ({ published, rows }) => {
    const seen = new Set(rows().flatMap((row) => paths(row)));

    expect([...seen].sort()).toEqual([...new Set(paths(published))].sort());
  },
);

function paths(value: unknown, prefix = ''): string[] {
  if (value instanceof TaggedList) return paths({ [value.tag]: value.rows }, prefix);
  if (Array.isArray(value)) return value.flatMap((element) => paths(element, prefix));
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    if (member === undefined) return [];
    return [`${prefix}${name}`, ...paths(member, `${prefix}${name}.`)];
  });
}
