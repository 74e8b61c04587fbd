import type { Clock } from '../core/clock.ts';
import { CarferryError } from '../core/errors.ts';

/** Whose call goes first when there are more than the limit lets through. */
export type CallPriority = 'live' | 'sweep' | 'backfill';

export type AcquireOptions = {
  readonly signal?: AbortSignal | undefined;
  /** Epoch milliseconds after which a start is useless. */
  readonly deadline?: number | undefined;
  /** Default `live`. */
  readonly priority?: CallPriority | undefined;
};

/** When calls may start, per app key and method. One type for the local and the shared budget. */
export type RateBudget = {
  /**
   * Resolves when a call may start.
   *
   * @throws CarferryError `defer` with `until` when the wait does not fit; the signal's reason when aborted.
   */
  acquire(appKey: string, method: string, options?: AcquireOptions): Promise<void>;
  /** Stops one method, or with `*` all of an app key, until `until` (epoch ms); never shortens a ban. */
  ban(appKey: string, method: string | '*', until: number): void | Promise<void>;
  /** Epoch milliseconds, 0 without a ban. */
  bannedUntil(appKey: string, method: string): number;
};

/** Share of the limit that is used, so that clocks and networks may be a little uneven. */
export const PACE = 0.95;
/** Bans of up to a minute, and the second that is added to them, are waited out in place. */
export const LONGEST_AWAITED_BAN_MS = 61_000;

type Lane = {
  /** Start of the next free slot. */
  nextSlot: number;
  /** Earliest next start, counted from real starts: a stalled process must not release a burst. */
  nextStart: number;
};

/** Budget of one process: evenly spaced starts at 95 % of the limit, first come, first served. */
export function createLocalRateBudget(config: {
  readonly callsPerSecond: number;
  readonly clock: Clock;
  /** Longest wait inside `acquire`; default 61 s. */
  readonly maxWaitMs?: number;
}): RateBudget {
  const { callsPerSecond, clock, maxWaitMs = LONGEST_AWAITED_BAN_MS } = config;
  const interval = 1000 / (callsPerSecond * PACE);
  // Lateness that may be caught up without ever exceeding the limit within any one second.
  const slack = Math.max(0, (1000 * (callsPerSecond * (1 - PACE) - 1)) / (callsPerSecond * PACE));
  const lanes = new Map<string, Lane>();
  const bans = new Map<string, number>();
  const key = (appKey: string, method: string) => `${appKey} ${method}`;

  const bannedUntil = (appKey: string, method: string): number => {
    const until = Math.max(bans.get(key(appKey, method)) ?? 0, bans.get(key(appKey, '*')) ?? 0);
    return until > clock.now() ? until : 0;
  };

  const laneOf = (appKey: string, method: string): Lane => {
    const name = key(appKey, method);
    const lane = lanes.get(name) ?? { nextSlot: 0, nextStart: 0 };
    lanes.set(name, lane);
    return lane;
  };

  const acquire: RateBudget['acquire'] = async (appKey, method, { signal, deadline } = {}) => {
    const lane = laneOf(appKey, method);
    const latest = Math.min(clock.now() + maxWaitMs, deadline ?? Number.POSITIVE_INFINITY);
    for (;;) {
      signal?.throwIfAborted();
      const now = clock.now();
      const ban = bannedUntil(appKey, method);
      const start = Math.max(now, lane.nextSlot, lane.nextStart, ban);
      if (ban - now > LONGEST_AWAITED_BAN_MS || start > latest) throw doesNotFit(method, ban, start);
      lane.nextSlot = start + interval;
      try {
        await sleepUntil(start, signal);
      } catch (aborted) {
        // The last slot taken can be given back; earlier ones have followers.
        if (lane.nextSlot === start + interval) lane.nextSlot = start;
        throw aborted;
      }
      // A slot reached late (a stalled process, a coarse timer) must not crowd the ones after it.
      while (clock.now() < lane.nextStart) await sleepUntil(lane.nextStart, signal);
      if (bannedUntil(appKey, method) === 0) {
        lane.nextStart = Math.max(lane.nextStart, clock.now() - slack) + interval;
        return;
      }
    }
  };

  const sleepUntil = async (time: number, signal: AbortSignal | undefined) => {
    for (let now = clock.now(); now < time; now = clock.now()) {
      await clock.sleep(Math.ceil(time - now), signal);
    }
  };

  return {
    acquire,
    bannedUntil,
    ban: (appKey, method, until) => {
      const name = key(appKey, method);
      bans.set(name, Math.max(bans.get(name) ?? 0, until));
    },
  };
}

/** @param ban end of the ban that stands in the way, 0 without; `start`: earliest possible start. */
export function doesNotFit(method: string, ban: number, start: number): CarferryError {
  return new CarferryError({
    disposition: 'defer',
    reason: ban > 0 ? 'throttled' : 'rate-budget',
    message: ban > 0 ? `${method}: banned by the platform` : `${method}: no call is free in time`,
    until: Math.ceil(Math.max(ban, start)),
    details: { method },
  });
}
