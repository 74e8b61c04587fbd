import { onTopCall, type TopCallEvent } from '../../../lib/core/telemetry.ts';
import { toIso } from '../../../lib/domain/chinaTime.ts';
import { createRate, type Rate } from './rate.ts';
import type { LiveCalls } from './snapshot.ts';

/** Calls of one method; the outcomes add up to `calls`. */
export type CallCount = Readonly<Record<TopCallEvent['outcome'], number>> & {
  readonly method: string;
  readonly calls: number;
};

export type CallWatch = {
  read(nowMs: number): LiveCalls[];
  /** Sums for the summary. */
  counts(): CallCount[];
  stop(): void;
};

type Entry = Record<TopCallEvent['outcome'], number> & { rate: Rate; bannedUntil: number };

/** Counts the TOP calls of this process per method, with their rate and the ban that holds. */
export function watchCalls(now: () => number, onCall: (event: TopCallEvent) => void = () => {}): CallWatch {
  const entries = new Map<string, Entry>();
  const stop = onTopCall((event) => {
    const { method, outcome, until } = event;
    const entry = entries.get(method) ?? newEntry();
    entries.set(method, entry);
    entry[outcome] += 1;
    entry.rate.add(now());
    if (outcome === 'ok') entry.bannedUntil = 0;
    else if (until !== undefined) entry.bannedUntil = Math.max(entry.bannedUntil, until);
    onCall(event);
  });
  const counts = (): CallCount[] =>
    [...entries]
      .map(([method, { ok, retried, failed, banned }]) => {
        return { method, calls: ok + retried + failed + banned, ok, retried, failed, banned };
      })
      .sort((a, b) => (a.method < b.method ? -1 : 1));
  return {
    counts,
    read: (nowMs) =>
      counts().map((count) => {
        const { rate, bannedUntil } = entries.get(count.method) ?? newEntry();
        return {
          ...count,
          perSecond: rate.perSecond(nowMs),
          bannedUntil: bannedUntil > nowMs ? toIso(bannedUntil) : null,
        };
      }),
    stop,
  };
}

function newEntry(): Entry {
  return { ok: 0, retried: 0, failed: 0, banned: 0, rate: createRate(), bannedUntil: 0 };
}
