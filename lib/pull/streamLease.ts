import { randomUUID } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import { CarferryError } from '../core/errors.ts';
import { toIso } from '../domain/chinaTime.ts';
import type { StreamPatch } from '../store/streamState.ts';
import type { StreamsTable } from '../store/streamsTable.ts';
import { readMemory, type StreamMemory } from './streamMemory.ts';

/** A dead holder is replaced after this; every save renews it. Only liveness rests on it, never safety. */
const LEASE_MS = 60_000;

export type StreamLease = {
  /** The state as last written. */
  memory(): StreamMemory;
  /** @throws CarferryError `skip`, `lease-lost`: stop at once, another run holds the stream. */
  save(patch: StreamPatch): Promise<void>;
  /** Gives the stream back; a failure only makes the next run wait for the lease to end. */
  release(): Promise<void>;
};

/**
 * Takes a stream, or answers `held`. The owner is this run alone: Lambda repeats an invocation under the same
 * request id, and two runs of one name would each take the other's lease for their own.
 */
export async function takeLease(
  stream: string,
  requestId: string,
  deps: { readonly streams: Pick<StreamsTable, 'acquire' | 'save' | 'release'>; readonly clock: Clock },
): Promise<StreamLease | 'held'> {
  const { streams, clock } = deps;
  const owner = `${requestId}/${randomUUID()}`;
  const taken = await streams.acquire(stream, { owner, now: clock.now(), leaseMs: LEASE_MS });
  if (taken === 'held') return 'held';
  let state = taken;
  let isLost = false;
  return {
    memory: () => readMemory(state, clock.now()),
    save: async (patch) => {
      const expiresAt = toIso(clock.now() + LEASE_MS);
      const saved = await streams.save(state, { ...patch, expiresAt });
      if (saved === 'lost') {
        isLost = true;
        throw new CarferryError({
          disposition: 'skip',
          reason: 'lease-lost',
          message: 'another run took the stream over',
        });
      }
      state = saved;
    },
    release: async () => {
      if (!isLost) await streams.release(state).catch(() => undefined);
    },
  };
}
