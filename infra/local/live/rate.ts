/** Length of the time that a rate is taken over. */
const SECONDS = 10;

export type Rate = { add(nowMs: number): void; perSecond(nowMs: number): number };

/** Events per second over the last ten seconds, or since the first event when that is less. */
export function createRate(): Rate {
  const counts = new Map<number, number>();
  let firstMs: number | undefined;
  const secondOf = (ms: number): number => Math.floor(ms / 1000);
  return {
    add: (nowMs) => {
      firstMs ??= nowMs;
      const second = secondOf(nowMs);
      counts.set(second, (counts.get(second) ?? 0) + 1);
      for (const old of counts.keys()) if (old <= second - SECONDS) counts.delete(old);
    },
    perSecond: (nowMs) => {
      if (firstMs === undefined) return 0;
      const now = secondOf(nowMs);
      let sum = 0;
      for (const [second, count] of counts) if (second > now - SECONDS) sum += count;
      const seconds = Math.min(SECONDS, Math.max(1, (nowMs - firstMs) / 1000));
      return sum / seconds;
    },
  };
}
