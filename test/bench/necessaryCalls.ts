import { toEpochMs } from '../../lib/domain/chinaTime.ts';
import type { SummaryDocument } from '../../lib/domain/summaryDocument.ts';
import { LONGEST_WINDOW_MS, nextWindow } from '../../lib/pull/windows.ts';
import type { Truth } from './truthBehind.ts';

/** As `serverless.yml` sets them. */
const PAGE_SIZE = 100;
const OVERLAP_MS = 300_000;
const ITEMS_PER_CALL = 20;

/**
 * The calls that cannot be spared: for each window of a shop's trades one count and its pages; one car order and
 * one lead for each order that may be a car; items by twenty. UniDesk states no total, so its pages count as the
 * platform gave them, up to its end signal.
 */
export function necessaryCalls(summary: SummaryDocument, truth: Truth): number {
  const { facts, shopsWithCarCids, counts } = truth;
  const asked = facts.filter(({ shop, car }) => car || !shopsWithCarCids.has(shop)).length;
  const trades = summary.shops.reduce((sum, shop) => sum + tradeCalls(shop, summary, facts), 0);
  const adPages = summary.streams
    .filter(({ source }) => source === 'adOrders')
    .reduce((sum, { pages }) => sum + pages, 0);
  return trades + adPages + 2 * asked + Math.ceil(counts.items / ITEMS_PER_CALL);
}

function tradeCalls(shop: string, summary: SummaryDocument, facts: Truth['facts']): number {
  const created = facts
    .filter((fact) => fact.shop === shop)
    .map((fact) => toEpochMs(`${fact.created.replace(' ', 'T')}+08:00`));
  const start = toEpochMs(summary.from ?? '');
  const end = toEpochMs(summary.to ?? '');
  let calls = 0;
  let watermark = start;
  for (;;) {
    const window = nextWindow({
      watermark,
      start,
      end,
      overlapMs: OVERLAP_MS,
      lengthMs: LONGEST_WINDOW_MS,
      splitsAtMidnight: false,
    });
    if (window === undefined) return calls;
    const total = created.filter((at) => at >= window.from && at < window.to).length;
    calls += 1 + Math.ceil(total / PAGE_SIZE);
    watermark = window.to;
  }
}
