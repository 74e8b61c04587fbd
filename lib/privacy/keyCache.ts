import type { DataKey } from './keyProvider.ts';

/** How long a data key is held: a process that works on learns within it that a key was erased. */
const HELD_MS = 5 * 60_000;

/** Least recently used data keys, for some minutes, and one flight per question. */
export type KeyCache = {
  /** The cached key, or what `load` answers; callers of the same question share one `load`. */
  get(
    entityId: string,
    question: 'make' | 'read',
    load: () => Promise<DataKey | undefined>,
  ): Promise<DataKey | undefined>;
  /** How many keys are held. */
  size(): number;
};

export function createKeyCache(limit: number, now: () => number = Date.now): KeyCache {
  const keys = new Map<string, { readonly key: DataKey; readonly until: number }>();
  const flights = new Map<string, Promise<DataKey | undefined>>();

  function remember(entityId: string, key: DataKey, until: number): void {
    // A Map keeps the order of insertion: the first entry is the one used longest ago.
    keys.delete(entityId);
    keys.set(entityId, { key, until });
    if (keys.size <= limit) return;
    const oldest = keys.keys().next();
    if (oldest.done !== true) keys.delete(oldest.value);
  }

  return {
    size: () => keys.size,
    async get(entityId, question, load) {
      const cached = keys.get(entityId);
      if (cached !== undefined && now() < cached.until) {
        remember(entityId, cached.key, cached.until);
        return cached.key;
      }
      const name = `${question} ${entityId}`;
      const flying = flights.get(name);
      if (flying !== undefined) return flying;
      const flight = load()
        .then((key) => {
          if (key !== undefined) remember(entityId, key, now() + HELD_MS);
          else keys.delete(entityId);
          return key;
        })
        .finally(() => flights.delete(name));
      flights.set(name, flight);
      return flight;
    },
  };
}
