/** A look may take this part of the time, no more: a large table is looked at less often. */
const COST_SHARE = 0.02;

/**
 * Looks again and again, at least `everyMs` apart and so seldom that looking costs next to nothing. A look that
 * fails is left out: the next one may work.
 */
export function keepLooking(everyMs: number, look: () => Promise<void>): { stop(): void } {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const again = async (): Promise<void> => {
    const began = performance.now();
    await look().catch(() => {});
    const cost = performance.now() - began;
    if (!stopped) timer = setTimeout(() => void again(), Math.max(everyMs, cost / COST_SHARE)).unref();
  };
  void again();
  return {
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
