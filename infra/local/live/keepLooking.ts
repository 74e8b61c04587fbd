export type Pace = {
  /** Least time between two looks. */
  readonly everyMs: number;
  /** Part of the time that looking may take: a large table is looked at less often. */
  readonly costShare: number;
  /** Longest time between two looks, whatever they cost: on a busy machine even small looks take long. */
  readonly mostMs: number;
};

/**
 * Looks again and again, at least `everyMs` apart and so seldom that looking costs no more than its share. A look that
 * fails is left out: the next one may work.
 */
export function keepLooking(
  { everyMs, costShare, mostMs }: Pace,
  look: () => Promise<void>,
): { stop(): void } {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const again = async (): Promise<void> => {
    const began = performance.now();
    await look().catch(() => {});
    const cost = performance.now() - began;
    const pause = Math.min(mostMs, Math.max(everyMs, cost / costShare));
    if (!stopped) timer = setTimeout(() => void again(), pause).unref();
  };
  void again();
  return {
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
