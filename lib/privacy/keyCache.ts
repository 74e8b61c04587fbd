import type { DataKey } from './keyProvider.ts';

/** Least recently used data keys, and one flight per question. */
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

export function createKeyCache(limit: number): KeyCache {
  const keys = new Map<string, DataKey>();
  const flights = new Map<string, Promise<DataKey | undefined>>();

  function remember(entityId: string, key: DataKey): void {
    // A Map keeps the order of insertion: the first entry is the one used longest ago.
    keys.delete(entityId);
    keys.set(entityId, key);
    if (keys.size <= limit) return;
    const oldest = keys.keys().next();
    if (oldest.done !== true) keys.delete(oldest.value);
  }

  return {
    size: () => keys.size,
    async get(entityId, question, load) {
      const cached = keys.get(entityId);
      if (cached !== undefined) {
        remember(entityId, cached);
        return cached;
      }
      const name = `${question} ${entityId}`;
      const flying = flights.get(name);
      if (flying !== undefined) return flying;
      const flight = load()
        .then((key) => {
          if (key !== undefined) remember(entityId, key);
          return key;
        })
        .finally(() => flights.delete(name));
      flights.set(name, flight);
      return flight;
    },
  };
}
