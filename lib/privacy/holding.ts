import { type CarferryError, toCarferryError } from '../core/errors.ts';

/** How long a root key is used before its source is asked again: a withdrawn grant takes effect within it. */
const FRESH_MS = 5 * 60_000;
/** How long it is used when the source does not answer. */
const USABLE_MS = 15 * 60_000;
/** A KMS that did not answer is left alone for a moment, so that a batch does not add to its trouble. */
const PAUSE_MS = 1_000;

export type Holding<Value> = { get(name: number): Promise<Value> };

/**
 * Values that are loaded anew when they are no longer fresh, one flight for all who ask, and go on being used for a
 * while when that fails.
 */
export function createHolding<Value>(
  now: () => number,
  load: (name: number) => Promise<Value>,
): Holding<Value> {
  const held = new Map<number, { readonly value: Value; readonly since: number }>();
  const flights = new Map<number, Promise<Value>>();
  const pauses = new Map<number, { readonly until: number; readonly error: CarferryError }>();

  async function renew(name: number): Promise<Value> {
    try {
      const value = await load(name);
      held.set(name, { value, since: now() });
      pauses.delete(name);
      return value;
    } catch (thrown) {
      const error = toCarferryError(thrown);
      if (error.reason.startsWith('kms-')) pauses.set(name, { until: now() + PAUSE_MS, error });
      return outlive(name, error);
    }
  }

  function outlive(name: number, error: CarferryError): Value {
    const known = held.get(name);
    const isOutage = error.disposition === 'retry' && error.reason !== 'kms-refused';
    if (known !== undefined && isOutage && now() - known.since < USABLE_MS) return known.value;
    // A refusal means that somebody withdrew the key.
    if (!isOutage) held.delete(name);
    throw error;
  }

  return {
    async get(name) {
      const known = held.get(name);
      if (known !== undefined && now() - known.since < FRESH_MS) return known.value;
      const pause = pauses.get(name);
      if (pause !== undefined && now() < pause.until) return outlive(name, pause.error);
      const flying = flights.get(name);
      if (flying !== undefined) return flying;
      const flight = renew(name).finally(() => flights.delete(name));
      flights.set(name, flight);
      return flight;
    },
  };
}
