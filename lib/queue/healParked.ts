import type { Clock } from '../core/clock.ts';
import type { QueueMessage } from '../domain/queueMessage.ts';
import { parkedId, versionOf } from './subjectOf.ts';

/** A process learns within this time of what another one has parked. */
const LOOK_AGAIN_MS = 60_000;

type ParkedVersion = {
  readonly quarantineId: string;
  readonly times: number;
  readonly version?: string | undefined;
};

export type HealDeps = {
  /** Name of the queue, as its parker has it. */
  readonly source: string;
  readonly quarantine: {
    /** Ids of everything parked from this source. */
    idsOf(source: string): Promise<Set<string>>;
    read(quarantineId: string): Promise<ParkedVersion | undefined>;
    /** Removes it if it is still as seen. */
    resolveSeen(seen: ParkedVersion): Promise<unknown>;
  };
  readonly clock: Pick<Clock, 'now'>;
};

/**
 * Takes a message out of quarantine once a delivery of it, this or a later version, has worked. The quarantine
 * is small and mostly empty: its ids are looked up once a minute instead of once for every message. A message
 * that was sent again by hand may have lain there, so it is looked for at once.
 */
export function createHealer({ source, quarantine, clock }: HealDeps) {
  let known: { readonly until: number; readonly ids: Promise<Set<string>> } | undefined;

  function parkedIds(): Promise<Set<string>> {
    if (known === undefined || known.until <= clock.now()) {
      const ids = quarantine.idsOf(source);
      known = { until: clock.now() + LOOK_AGAIN_MS, ids };
      ids.catch(() => {
        known = undefined;
      });
    }
    return known.ids;
  }

  return {
    /** Told by the parker of this process. */
    parked: async (quarantineId: string): Promise<void> => {
      (await known?.ids)?.add(quarantineId);
    },
    heal: async (message: QueueMessage, hops: number): Promise<void> => {
      const id = parkedId(source, message);
      const ids = await parkedIds();
      if (!ids.has(id) && hops === 0) return;
      const row = await quarantine.read(id);
      // An older version that comes late says nothing about the one that was parked.
      if (row?.version !== undefined && versionOf(message) < row.version) return;
      if (row !== undefined) await quarantine.resolveSeen(row);
      ids.delete(id);
    },
  };
}
