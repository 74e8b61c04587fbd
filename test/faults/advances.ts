import { momentOf } from '../../infra/local/simulator/scenario/times.ts';
import { toEpochMs, toIso } from '../../lib/domain/chinaTime.ts';
import type { Bench } from './bench.ts';
import { faultWorld } from './world.ts';

type Listed = {
  readonly orderId: string;
  readonly shop: string;
  readonly createdAt: number;
  readonly events: number[];
};

/**
 * Holds every advance of a trades stream to what the queue has accepted by then (I3): a live watermark never passes
 * a trade that was not accepted, and a sweep never ends before every change is.
 */
export function holdAdvances(bench: Bench, frozenAt: () => number): void {
  const { moments, watch } = bench.ground();
  const trades: Listed[] = faultWorld('faults', moments).trades.map(({ orderId, shop, created, events }) => {
    const createdAt = momentOf(created, moments.second);
    return { orderId, shop, createdAt, events: events.map(({ at }) => momentOf(at, createdAt)) };
  });
  watch.onAdvance = ({ stream, watermark, finishedAt }) => {
    const [source, shop, lane] = String(stream).split('#');
    if (source !== 'trades' || (lane !== 'live' && finishedAt === undefined)) return;
    const before = lane === 'live' ? toEpochMs(String(watermark)) : frozenAt();
    for (const { orderId, createdAt, events, ...trade } of trades) {
      if (trade.shop !== shop || createdAt >= before) continue;
      const modified =
        lane === 'live' ? createdAt : Math.max(createdAt, ...events.filter((at) => at <= before));
      const accepted = watch.accepted.trades.get(orderId);
      if (accepted !== undefined && accepted >= toIso(modified)) continue;
      watch.note({ kind: 'lost', what: `${stream} went past ${orderId} before the queue had it` });
    }
  };
}
