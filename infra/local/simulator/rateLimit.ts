import type { Quirks } from './quirks.ts';

/** Calls per (app key, method) and clock second beyond which the gateway bans the method for a second. */
const CALLS_PER_SECOND = 2000;

export type RateLimit = {
  /** Counts a call; the seconds still to wait when it is refused. */
  admit(appKey: string, method: string, now: number): number | undefined;
  /** Begins a ban asked for by a quirk without `everyCalls`. */
  begin(ban: NonNullable<Quirks['ban']>, now: number): void;
  clear(): void;
};

export function createRateLimit(quirks: () => Quirks): RateLimit {
  const counts = new Map<string, { second: number; calls: number }>();
  const bannedUntil = new Map<string, number>();
  let calls = 0;

  const remaining = (key: string, now: number) => {
    const until = bannedUntil.get(key) ?? 0;
    return until > now ? Math.ceil((until - now) / 1000) : undefined;
  };

  return {
    admit(appKey, method, now) {
      const key = `${appKey} ${method}`;
      const banned = remaining(key, now) ?? remaining(method, now) ?? remaining('*', now);
      if (banned !== undefined) return banned;

      const { ban } = quirks();
      if (ban?.everyCalls !== undefined && (ban.method === undefined || ban.method === method)) {
        calls += 1;
        if (calls % ban.everyCalls === 0) {
          bannedUntil.set(ban.method ?? '*', now + ban.seconds * 1000);
          return ban.seconds;
        }
      }

      const second = Math.floor(now / 1000);
      const count = counts.get(key);
      if (count === undefined || count.second !== second) {
        counts.set(key, { second, calls: 1 });
        return undefined;
      }
      count.calls += 1;
      if (count.calls <= CALLS_PER_SECOND) return undefined;
      bannedUntil.set(key, now + 1000);
      return 1;
    },
    begin(ban, now) {
      if (ban.everyCalls === undefined) bannedUntil.set(ban.method ?? '*', now + ban.seconds * 1000);
    },
    clear() {
      bannedUntil.clear();
      calls = 0;
    },
  };
}
