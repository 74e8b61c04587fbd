import type { Log } from '../core/log.ts';
import { onDrift } from '../core/telemetry.ts';

/** More names than the platform has fields; a gateway gone mad must not fill the memory. */
const MOST_NAMES = 1_000;

/**
 * Logs every field that no document knows once for this process, when it is first seen; returns the function that
 * stops it. The value is kept with its record (`extra`), never logged.
 */
export function logDrift(log: Log): () => void {
  const seen = new Set<string>();
  return onDrift((field) => {
    if (seen.has(field) || seen.size >= MOST_NAMES) return;
    seen.add(field);
    log.warn('unknown-field', { field });
  });
}
