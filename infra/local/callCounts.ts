import { onTopCall } from '../../lib/core/telemetry.ts';

export type CallCount = {
  readonly method: string;
  readonly calls: number;
  readonly ok: number;
  readonly retried: number;
  readonly failed: number;
  readonly banned: number;
};

export type CallCounts = { read(): CallCount[]; stop(): void };

/** Counts the TOP calls of this process per method. */
export function countCalls(): CallCounts {
  const counts = new Map<string, { ok: number; retried: number; failed: number; banned: number }>();
  const stop = onTopCall(({ method, outcome }) => {
    const count = counts.get(method) ?? { ok: 0, retried: 0, failed: 0, banned: 0 };
    count[outcome] += 1;
    counts.set(method, count);
  });
  return {
    read: () =>
      [...counts]
        .map(([method, count]) => ({
          method,
          calls: count.ok + count.retried + count.failed + count.banned,
          ...count,
        }))
        .sort((a, b) => (a.method < b.method ? -1 : 1)),
    stop,
  };
}
