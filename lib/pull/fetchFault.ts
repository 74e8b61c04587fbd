import { toCarferryError } from '../core/errors.ts';
import type { Fault } from './pullSource.ts';

/** A reply, or the source's refusal as a value: faults of the source are handled apart from our own. */
export async function fetchOrFault<Reply>(
  fetch: () => Promise<Reply>,
): Promise<{ readonly kind: 'reply'; readonly reply: Reply } | Fault> {
  try {
    return { kind: 'reply', reply: await fetch() };
  } catch (thrown) {
    return { kind: 'fault', error: toCarferryError(thrown) };
  }
}
