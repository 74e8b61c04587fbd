import type { CarferryError } from '../core/errors.ts';
import { isTransient } from './transportErrors.ts';

/** Repeats of one call after transient faults. */
const MOST_REPEATS = 2;
const BASE_DELAY_MS = 200;
const LONGEST_DELAY_MS = 2000;

/**
 * Token bucket shared by all calls of a client: when most calls fail, repeating them only adds load. A repeat that
 * helped gives its tokens back, so that a gateway that fails now and then never empties it.
 */
const CAPACITY = 10;
const EARNED_BY_SUCCESS = 0.1;

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

/** The only retry layer between carferry and TOP: full jitter, at most two repeats, a retry budget. */
export function createRetryPolicy(random: () => number): RetryPolicy {
  let tokens = CAPACITY;
  return {
    succeeded: (repeats) => {
      tokens = Math.min(CAPACITY, tokens + EARNED_BY_SUCCESS + repeats);
    },
    delayBefore: (error, repeats) => {
      if (!isTransient(error) || repeats >= MOST_REPEATS || tokens < 1) return undefined;
      tokens -= 1;
      return Math.floor(random() * Math.min(LONGEST_DELAY_MS, BASE_DELAY_MS * 2 ** repeats));
    },
  };
}
