import type { Random } from '../random.ts';
import type { TradeEvent } from './tradeLife.ts';

/** One ad-attributed line: a sub-order at one status after one click. `at` (epoch ms) is the time UniDesk filters by. */
export type AdLine = {
  at: number;
  /** When the thing itself happened; a line appears within that second. */
  eventAt: number;
  orderPlace: number;
  status: 1 | 2 | 3 | 4 | 5;
  click: AdClick;
};

export type AdClick = {
  clickedAt: number;
  channel: 1 | 104 | 105 | 108;
  prodType: 1 | 2;
  code: string;
  number: number;
};

const channels = [1, 1, 104, 105, 108] as const;

/** The lines of a trade that an ad brought, ascending in time; the future included. */
export function adLines(
  random: Random,
  events: readonly TradeEvent[],
  isStaged: boolean,
  orders: number,
): AdLine[] {
  const [created] = events;
  if (created === undefined) return [];
  const clicks = Array.from({ length: random.chance(0.08) ? 2 : 1 }, (): AdClick => {
    const code = Math.floor(random.next() * 0x1_0000_0000_0000).toString(36);
    return {
      clickedAt: Math.floor((created.at - random.int(60, 3 * 86_400) * 1000) / 1000) * 1000,
      channel: random.pick(channels),
      prodType: random.chance(0.65) ? 1 : 2,
      code,
      number: random.int(100_000, 999_999),
    };
  });
  const lines: AdLine[] = [];
  for (const event of events) {
    for (const status of statuses(event, isStaged)) {
      for (let orderPlace = 0; orderPlace < orders; orderPlace += 1) {
        for (const click of clicks) {
          lines.push({ at: event.at + random.int(0, 999), eventAt: event.at, orderPlace, status, click });
        }
      }
    }
  }
  return lines;
}

function statuses(event: TradeEvent, isStaged: boolean): readonly AdLine['status'][] {
  if (event.kind === 'created') return isStaged ? [4, 1] : [1];
  if (event.kind === 'paid') return [2];
  if (event.kind === 'finished') return [5];
  return event.kind === 'refunded' ? [3] : [];
}
