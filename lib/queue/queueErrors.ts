import { CarferryError } from '../core/errors.ts';

/** The queue or the way to it failed; what was to be sent may or may not have arrived, so it is sent again. */
export function queueUnavailable(what: string, cause?: unknown): CarferryError {
  const name = cause instanceof Error ? cause.name : undefined;
  return new CarferryError({
    disposition: 'retry',
    reason: 'queue-unavailable',
    message: name === undefined ? what : `${what}: ${name}`,
    details: name === undefined ? {} : { name },
    cause,
  });
}

/** A message that no attempt will bring into the queue. */
export function unsendable(reason: 'message-too-large' | 'message-refused', message: string): CarferryError {
  return new CarferryError({
    disposition: 'park',
    reason,
    message,
    hint: 'look for a field that grew or holds characters no queue takes',
  });
}
