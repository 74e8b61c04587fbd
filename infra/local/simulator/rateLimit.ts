import type { BanRule, Quirks } from './quirks.ts';

/** Calls per (app key, method) and clock second beyond which the gateway bans the method for a second. */
const CALLS_PER_SECOND = 2000;
/** A caller that learnt of a ban makes no call that starts later than this after it. */
const MERCY_MS = 1000;

export type Ban = {
  /** What is left of it. */
  readonly seconds: number;
  /** Whether it holds for the method or for the whole app. */
  readonly scope: 'api' | 'app';
  /** The ban had been told long enough ago for this call not to be made. */
  readonly late: boolean;
};

export type RateLimit = {
  /** Counts a call; the ban it meets when it is refused. */
  admit(appKey: string, method: string, now: number): Ban | undefined;
  /** Begins a ban asked for by a quirk without `everyCalls`. */
  begin(ban: BanRule, now: number): void;
  clear(): void;
};

const WHOLE_APP = '*';

export function createRateLimit(quirks: () => Quirks): RateLimit {
  const counts = new Map<string, { second: number; calls: number }>();
  const bans = new Map<string, { until: number; toldAt: number | undefined }>();
  const calls = new Map<BanRule, number>();

  const met = (key: string, now: number): Ban | undefined => {
    const ban = bans.get(key);
    if (ban === undefined || ban.until <= now) return undefined;
    ban.toldAt ??= now;
    return {
      seconds: Math.ceil((ban.until - now) / 1000),
      scope: key === WHOLE_APP ? 'app' : 'api',
      late: now > ban.toldAt + MERCY_MS,
    };
  };
  const impose = (key: string, seconds: number, now: number) =>
    bans.set(key, { until: now + seconds * 1000, toldAt: undefined });

  return {
    admit(appKey, method, now) {
      const key = `${appKey} ${method}`;
      if (bans.size > 0) {
        const ban = met(key, now) ?? met(method, now) ?? met(WHOLE_APP, now);
        if (ban !== undefined) return ban;
      }

      for (const rule of quirks().ban ?? []) {
        const { everyCalls, seconds, method: banned = method } = rule;
        if (everyCalls === undefined || banned !== method) continue;
        const counted = (calls.get(rule) ?? 0) + 1;
        calls.set(rule, counted);
        if (counted % everyCalls > 0) continue;
        impose(rule.method ?? WHOLE_APP, seconds, now);
        return met(rule.method ?? WHOLE_APP, now);
      }

      const second = Math.floor(now / 1000);
      const count = counts.get(key);
      if (count === undefined || count.second !== second) {
        counts.set(key, { second, calls: 1 });
        return undefined;
      }
      count.calls += 1;
      if (count.calls <= (quirks().callsPerSecond ?? CALLS_PER_SECOND)) return undefined;
      impose(key, 1, now);
      return met(key, now);
    },
    begin(ban, now) {
      if (ban.everyCalls === undefined) impose(ban.method ?? WHOLE_APP, ban.seconds, now);
    },
    clear() {
      bans.clear();
      calls.clear();
    },
  };
}
