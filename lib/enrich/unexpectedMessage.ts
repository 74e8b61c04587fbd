import { CarferryError } from '../core/errors.ts';

/** A kind of message that this queue never carries: the wiring is wrong, and the message is kept. */
export function unexpectedMessage(kind: string): CarferryError {
  return new CarferryError({
    disposition: 'park',
    reason: 'unexpected-message',
    message: `a message of kind ${kind} in the wrong queue`,
    field: 'kind',
    hint: 'compare the queue URLs of the functions with infra/queues.yml, then redrive',
  });
}
