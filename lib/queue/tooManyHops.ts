import { CarferryError } from '../core/errors.ts';

/** A message that goes round in circles is put where a person sees it. */
export function tooManyHops(hops: number): CarferryError {
  return new CarferryError({
    disposition: 'park',
    reason: 'too-many-hops',
    message: `a message was sent again ${hops} times and never worked`,
    hint: 'look for what refuses it (quarantine show ID) before sending it again',
  });
}
