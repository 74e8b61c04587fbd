import { toCarferryError } from '../core/errors.ts';
import { toEpochMs } from '../domain/chinaTime.ts';
import type { OrderRecord } from '../domain/order.ts';
import type { QueueMessage } from '../domain/queueMessage.ts';
import type { RunLimits } from './pullInput.ts';
import type { PullSource } from './pullSource.ts';
import type { Tally } from './streamReport.ts';
import { createTradeSource, type TradeShop, type TradeSourceDeps } from './walkTrades.ts';
import { SHORTEST_WINDOW_MS, wholeSecond } from './windows.ts';

/** A listing may change between two pages of one second; more often than this it is left to the sweeps. */
const MOST_WALKS = 3;

/** `later`: the source could not be asked now; the same messages should come again. */
export type Reread = 'done' | 'left-to-sweeps' | 'later';

export type TradeRereader = {
  /** Lists the second in which the order was created once more. */
  reread(order: Pick<OrderRecord, 'orderId' | 'createdAt'>, shop: TradeShop): Promise<Reread>;
  /** The trade of this order has been sent to the queue: every step will be done anew. */
  isSent(orderId: string): boolean;
};

/**
 * TOP lists trades by creation only, so the trade of a changed order is read through the one second of its
 * creation. One rereader serves one batch of messages: orders of one second are listed once.
 */
export function createTradeRereader(deps: TradeSourceDeps, limits: RunLimits): TradeRereader {
  const sent = new Set<string>();
  const walked = new Map<string, Promise<Reread>>();
  const sender = {
    send: async (messages: QueueMessage[]) => {
      await deps.sender.send(messages);
      for (const message of messages) if (message.kind === 'trade') sent.add(message.orderId);
    },
  };

  return {
    reread({ createdAt }, shop) {
      if (createdAt === undefined) return Promise.resolve('left-to-sweeps');
      const from = wholeSecond(toEpochMs(createdAt));
      const key = `${shop.sellerNick}#${from}`;
      const known = walked.get(key);
      if (known !== undefined) return known;
      const walk = walkSecond(createTradeSource(shop, { ...deps, sender }), from, limits);
      walked.set(key, walk);
      return walk;
    },
    isSent: (orderId) => sent.has(orderId),
  };
}

async function walkSecond(source: PullSource, from: number, limits: RunLimits): Promise<Reread> {
  const bounds = { from, to: from + SHORTEST_WINDOW_MS };
  const tally: Tally = {
    windows: 0,
    pages: 0,
    rows: 0,
    enqueued: 0,
    unchanged: 0,
    parked: 0,
    openWindows: 0,
  };
  for (let attempt = 1; attempt <= MOST_WALKS; attempt += 1) {
    const walk = source.walk({ bounds, lane: 'live', rereads: true, reask: false, limits, tally });
    let step: Awaited<ReturnType<typeof walk.begin>> | Awaited<ReturnType<typeof walk.page>> =
      await walk.begin({ mayNarrow: false });
    while (step.kind === 'begun' || step.kind === 'page') step = await walk.page(step.place);
    if (step.kind === 'closed' || step.kind === 'empty') return 'done';
    if (step.kind === 'fault') {
      const { disposition } = toCarferryError(step.error);
      return disposition === 'retry' || disposition === 'defer' ? 'later' : 'left-to-sweeps';
    }
  }
  return 'left-to-sweeps';
}
