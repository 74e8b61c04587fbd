import type { Clock } from '../core/clock.ts';
import { toCarferryError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';

export type SecretsCacheOptions<T> = {
  readonly read: () => Promise<T>;
  /** How old an answer may be, in milliseconds. */
  readonly maxAgeMs: number;
  readonly clock: Clock;
  readonly log: () => Log;
};

/** A failed refresh is tried again after this time; the former answer holds meanwhile. */
const TRY_AGAIN_MS = 30_000;
/** Whoever has a former answer waits no longer than this for a new one. */
const PATIENCE_MS = 1_500;

/**
 * Keeps what `read` answered for a bounded time. Callers that come together share one read. A refresh that fails
 * leaves the former answer in force and one line in the log; without a former answer the failure is thrown.
 */
export function createSecretsCache<T>(options: SecretsCacheOptions<T>): () => Promise<T> {
  const { clock } = options;
  let known: { readonly value: T } | undefined;
  let freshUntil = Number.NEGATIVE_INFINITY;
  let reading: Promise<T> | undefined;

  async function refresh(): Promise<T> {
    try {
      const value = await options.read();
      known = { value };
      freshUntil = clock.now() + options.maxAgeMs;
      return value;
    } catch (thrown) {
      if (known === undefined) throw thrown;
      const { reason, field, hint } = toCarferryError(thrown);
      options.log().error('secrets-not-refreshed', { reason, field, hint });
      freshUntil = clock.now() + Math.min(TRY_AGAIN_MS, options.maxAgeMs);
      return known.value;
    } finally {
      reading = undefined;
    }
  }

  return async () => {
    if (known !== undefined && clock.now() < freshUntil) return known.value;
    reading ??= refresh();
    if (known === undefined) return reading;
    const former = known.value;
    const done = new AbortController();
    const patience = clock.sleep(PATIENCE_MS, done.signal).then(
      () => former,
      () => former,
    );
    return Promise.race([reading, patience]).finally(() => done.abort());
  };
}
