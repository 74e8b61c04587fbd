/** npm forwards Ctrl-C, so one keypress can arrive twice. */
const SAME_KEYPRESS_MS = 1_000;
const ENDED_BY_SIGINT = 130;

/**
 * Aborts at the first SIGINT or SIGTERM. A second Ctrl-C, more than a second later, ends the process at once:
 * whatever was in hand is still in its queue or window.
 */
export function stopSignal(): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  let firstAt: number | undefined;
  const interrupt = (): void => {
    const now = performance.now();
    if (firstAt === undefined) {
      firstAt = now;
      controller.abort();
    } else if (now - firstAt >= SAME_KEYPRESS_MS) {
      process.exit(ENDED_BY_SIGINT);
    }
  };
  const terminate = (): void => {
    firstAt ??= performance.now();
    controller.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', terminate);
  return {
    signal: controller.signal,
    release: () => {
      process.off('SIGINT', interrupt);
      process.off('SIGTERM', terminate);
    },
  };
}
