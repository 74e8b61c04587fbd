import type { CarferryError } from '../core/errors.ts';
import { isTransient } from './transportErrors.ts';

/** Repeats of one call after transient faults. */
const MOST_REPEATS = 2;
const BASE_DELAY_MS = 200;
const LONGEST_DELAY_MS = 2000;

/**
 * Retry budget of all calls of a client: when most calls fail, repeating them only adds load. Within a minute at most
 * a tenth of the calls is repeated in vain, and never more than ten are; a process that hardly calls may repeat two.
 * A repeat that helped does not count, so that a gateway that fails now and then is always asked again.
 */
const WINDOW_SECONDS = 60;
/** One more than the window, because it begins within a second. */
const KEPT_SECONDS = WINDOW_SECONDS + 1;
const REPEATED_SHARE = 0.1;
const MOST_IN_VAIN = 10;
const ALWAYS_ALLOWED = 2;

export type RetryPolicy = {
  /** @param repeats tries of this call that had been repeated before it went well */
  succeeded(repeats: number): void;
  /**
   * Milliseconds to wait before one more try, or `undefined` when the call must end with its error.
   *
   * @param repeats tries of this call that were already repeated.
   */
  delayBefore(error: CarferryError, repeats: number): number | undefined;
};

type Second = { second: number; calls: number; inVain: number };

/** The only retry layer between carferry and TOP: full jitter, at most two repeats, a retry budget. */
export function createRetryPolicy(random: () => number, now: () => number): RetryPolicy {
  const seconds = Array.from({ length: KEPT_SECONDS }, (): Second => ({ second: -1, calls: 0, inVain: 0 }));

  function current(): Second {
    const second = Math.floor(now() / 1000);
    const slot = seconds[second % KEPT_SECONDS] ?? { second, calls: 0, inVain: 0 };
    if (slot.second !== second) Object.assign(slot, { second, calls: 0, inVain: 0 });
    return slot;
  }

  function mayRepeat(): boolean {
    const { second } = current();
    let [calls, inVain] = [0, 0];
    for (const slot of seconds) {
      if (slot.second > second || slot.second <= second - KEPT_SECONDS) continue;
      if (slot.second > second - WINDOW_SECONDS) calls += slot.calls;
      inVain += slot.inVain;
    }
    return inVain + 1 <= Math.max(ALWAYS_ALLOWED, Math.min(MOST_IN_VAIN, calls * REPEATED_SHARE));
  }

  return {
    succeeded(repeats) {
      const slot = current();
      if (repeats === 0) slot.calls += 1;
      // May fall below 0 in this second: the repeats that helped were counted in another.
      slot.inVain -= repeats;
    },
    delayBefore(error, repeats) {
      const slot = current();
      if (repeats === 0) slot.calls += 1;
      if (!isTransient(error) || repeats >= MOST_REPEATS || !mayRepeat()) return undefined;
      slot.inVain += 1;
      return Math.floor(random() * Math.min(LONGEST_DELAY_MS, BASE_DELAY_MS * 2 ** repeats));
    },
  };
}
