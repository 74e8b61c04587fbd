import type { LiveSnapshot } from '../live/snapshot.ts';
import { counted, duration, percent, streamName } from './words.ts';

/** The run in one line, for logs and pipes. Pure. */
export function plainLine(snapshot: LiveSnapshot): string {
  const { streams, queues, calls, tables, leadChecks, estimate, quarantine, halts } = snapshot;
  const rows = (source: string): number =>
    streams.filter((stream) => stream.source === source).reduce((sum, stream) => sum + stream.rows, 0);
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
  const dead = sum(queues.map((queue) => queue.dead));
  const waiting = sum(queues.map((queue) => Math.max(queue.waiting, queue.inHand)));
  const checks = leadChecks.found + leadChecks.none;
  const parts = [
    `${counted(rows('trades'), 'trade')} and ${counted(rows('adOrders'), 'ad line')} listed`,
    `${counted(tables.orders, 'order')} stored`,
    `${counted(checks, 'lead check')} (${counted(leadChecks.found, 'lead')})`,
    counted(sum(calls.map((call) => call.calls)), 'call'),
    `${counted(waiting, 'message')} waiting`,
    ...(dead > 0 ? [`${dead} dead`] : []),
    ...(quarantine > 0 ? [`${quarantine} in quarantine`] : []),
    ...(estimate === null ? [] : [estimated(estimate)]),
  ];
  const troubles = [
    ...streams
      .filter(({ state }) => !['walking', 'caught-up', 'more'].includes(state))
      .map(
        ({ stream, state, reason }) =>
          `${streamName(stream)} ${state}${reason === null ? '' : ` (${reason})`}`,
      ),
    ...calls.flatMap(({ method, bannedUntil }) =>
      bannedUntil === null ? [] : [`${method} banned until ${bannedUntil.slice(11, 19)}`],
    ),
    ...halts.map(({ shop, method, reason }) => `halted: ${shop} ${method} (${reason})`),
  ];
  return `${duration(snapshot.elapsedMs)}: ${[parts.join(', '), ...troubles].join('; ')}`;
}

function estimated({ share, leftMs }: { share: number; leftMs: number | null }): string {
  return `${percent(share)}${leftMs === null ? '' : `, about ${duration(Math.max(1000, leftMs))} left`}`;
}
