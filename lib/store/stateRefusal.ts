import { CarferryError } from '../core/errors.ts';

/** What says that a stored row of a stream is not one this program wrote, or was written by a clock gone wrong. */
export type StateRefusal =
  | 'state-unreadable'
  | 'state-foreign-version'
  | 'watermark-in-future'
  /** The stream has walked windows, and the row that says how far it came is gone. */
  | 'state-missing';

/**
 * A stored state is shown to a person instead of being repaired by guessing: a guess would pull everything
 * again or, worse, leave something out.
 */
export function refusedState(reason: StateRefusal, field?: string): CarferryError {
  return new CarferryError({
    disposition: 'park',
    reason,
    message: `the stored state of the stream cannot be trusted: ${reason}`,
    field,
    hint: 'check the clock and the version of whoever wrote it; then: carferry streams set-watermark STREAM TIME',
  });
}

/** A manifest that cannot be read; only a reconcile of the day replaces it. */
export function refusedManifest(field?: string): CarferryError {
  return new CarferryError({
    disposition: 'park',
    reason: 'manifest-unreadable',
    message: 'the stored manifest of the day cannot be trusted',
    field,
    hint: 'walk the day again: carferry reconcile --shop SHOP --day DAY',
  });
}
