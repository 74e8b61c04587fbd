import { CarferryError } from '../../lib/core/errors.ts';

/** Ids that were named and are in no row of quarantine; ends a command with exit code 1. */
export function notParked(ids: readonly string[]): CarferryError {
  return new CarferryError({
    disposition: 'skip',
    reason: 'not-found',
    message: `nothing is parked under ${ids.join(', ')}`,
    hint: 'see quarantine list',
  });
}
