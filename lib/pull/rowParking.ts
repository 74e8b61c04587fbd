import type { Clock } from '../core/clock.ts';
import type { CarferryError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { toIso } from '../domain/chinaTime.ts';
import { Clear, type SealedRecord } from '../domain/personal.ts';
import type { QuarantineTable } from '../store/quarantineTable.ts';
import { canonicalJson } from '../top/losslessJson.ts';

type EntityName = { readonly kind: 'order' | 'lead' | 'quarantine'; readonly id: string };

/** `sealRecord` with its key provider. */
export type Seal = <T>(
  record: T,
  entity: EntityName & { readonly facet?: string; readonly keyOf?: EntityName },
) => Promise<SealedRecord<T>>;

/** What was received, and what it is about. */
export type RowOrigin = {
  /** The same for the same row. */
  readonly quarantineId: string;
  readonly shop?: string | undefined;
  readonly orderId?: string | undefined;
  readonly raw: unknown;
};

/** Why it can never work as it is. */
export type Unworkable = Pick<CarferryError, 'reason' | 'field' | 'hint'> & {
  readonly expected?: string | undefined;
};

export type RowParkingDeps = {
  readonly quarantine: Pick<QuarantineTable, 'park' | 'resolve' | 'list'>;
  readonly seal: Seal;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
};

export type RowParking = {
  park(origin: RowOrigin, why: Unworkable): Promise<void>;
  /** Takes rows that can be read after all out of quarantine. */
  heal(quarantineIds: readonly string[]): Promise<void>;
};

/** Parks the rows of one TOP method, sealed whole; one per run, because it remembers what is parked. */
export function createRowParking(method: string, deps: RowParkingDeps): RowParking {
  const { quarantine, seal, clock, log } = deps;
  let parked: Promise<Set<string>> | undefined;

  async function parkedIds(): Promise<Set<string>> {
    const ids = new Set<string>();
    for await (const { quarantineId, source } of quarantine.list()) {
      if (source === method) ids.add(quarantineId);
    }
    return ids;
  }

  return {
    async park({ quarantineId, shop, orderId, raw }, { reason, field, expected, hint }) {
      const { payloadSealed } = await seal(
        { payload: new Clear('text', canonicalJson(raw)) },
        {
          kind: 'quarantine',
          id: quarantineId,
          // Under the order's key, so that erasing the order erases its parked rows too.
          ...(orderId !== undefined && { keyOf: { kind: 'order', id: orderId } }),
        },
      );
      const seenAt = toIso(clock.now());
      const about = { shop, orderId, reason, field, expected, hint };
      await quarantine.park({ quarantineId, source: method, ...about, seenAt, payloadSealed });
      log.warn('row-parked', { method, shop, orderId, reason, field, hint });
      (await parked)?.add(quarantineId);
    },

    async heal(quarantineIds) {
      if (quarantineIds.length === 0) return;
      // Quarantine is small and mostly empty: one look per run instead of one delete per row.
      parked ??= parkedIds();
      const known = await parked;
      for (const id of quarantineIds) {
        if (known.delete(id)) await quarantine.resolve(id);
      }
    },
  };
}
