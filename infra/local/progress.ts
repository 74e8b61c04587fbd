import type { Clock } from '../../lib/core/clock.ts';
import type { StreamReport } from '../../lib/domain/summaryDocument.ts';
import type { CallCounts } from './callCounts.ts';
import { queueDepths } from './queueDepths.ts';
import type { LeadsReport } from './reports.ts';
import type { System } from './system.ts';

const EVERY_MS = 3_000;

export type Progress = {
  pulled(report: StreamReport): void;
  leads(report: LeadsReport): void;
  stop(): void;
};

export type ProgressDeps = {
  readonly system: System;
  readonly clock: Clock;
  readonly say: (line: string) => void;
  readonly calls: CallCounts;
  readonly inHand: () => number;
};

/** One plain line every few seconds: what came in, what waits. */
export function startProgress({ system, clock, say, calls, inHand }: ProgressDeps): Progress {
  const counts = { trades: 0, adOrders: 0, checked: 0, found: 0 };
  const states = new Map<string, string>();
  const startedAt = clock.now();

  async function line(): Promise<void> {
    const depths = await queueDepths(system.sqs, system.queueUrls, system.wiring.queues);
    const waiting = depths.reduce((sum, depth) => sum + depth.waiting, 0);
    const dead = depths.reduce((sum, depth) => sum + depth.dead, 0);
    const made = calls.read().reduce((sum, count) => sum + count.calls, 0);
    const seconds = Math.round((clock.now() - startedAt) / 1000);
    const troubles = [...states].filter(([, state]) => !['caught-up', 'more'].includes(state));
    say(
      `${seconds} s: ${counts.trades} trades and ${counts.adOrders} ad lines listed, ` +
        `${counts.checked} lead checks (${counts.found} leads), ${made} calls; ` +
        `${waiting} messages waiting, ${inHand()} in hand${dead > 0 ? `, ${dead} dead` : ''}` +
        troubles.map(([stream, state]) => `; ${stream} ${state}`).join(''),
    );
  }

  const timer = setInterval(() => {
    line().catch(() => {});
  }, EVERY_MS);
  return {
    pulled: ({ stream, source, rows, state, reason }) => {
      counts[source] += rows;
      states.set(stream, reason === undefined ? state : `${state} (${reason})`);
    },
    leads: ({ checked, found }) => {
      counts.checked += checked;
      counts.found += found;
    },
    stop: () => clearInterval(timer),
  };
}
