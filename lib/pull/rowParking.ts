import type { Clock } from '../core/clock.ts';
import type { CarferryError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { toIso } from '../domain/chinaTime.ts';
import { Clear, type SealedRecord } from '../domain/personal.ts';
import type { Parked, QuarantineTable } from '../store/quarantineTable.ts';
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
  /** The window that showed it. */
  readonly listed?: Listed | undefined;
};

/** A window of a listing; times ISO `+08:00`, end exclusive. */
export type Listed = {
  /** What is listed: windows of different sources or products do not show the same rows. */
  readonly by: string;
  readonly from: string;
  readonly to: string;
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
  /**
   * Told that every row of a window is accounted for: rows parked from within it that this walk, begun at `since`,
   * did not meet are no longer listed as they were. A row whose id could not be read comes back under another name.
   */
  healUnmet(
    closed: Listed & { readonly since: string; readonly onlyShop?: string | undefined },
  ): Promise<void>;
};

type KnownRow = Pick<Parked, 'shop' | 'listedBy' | 'listedFrom' | 'listedTo' | 'lastSeenAt'>;

/** Parks the rows of one TOP method, sealed whole; one per run, because it remembers what is parked. */
export function createRowParking(method: string, deps: RowParkingDeps): RowParking {
  const { quarantine, seal, clock, log } = deps;
  let parked: Promise<Map<string, KnownRow>> | undefined;

  async function parkedRows(): Promise<Map<string, KnownRow>> {
    const rows = new Map<string, KnownRow>();
    for await (const { quarantineId, source, payloadSealed: _payload, ...row } of quarantine.list()) {
      if (source === method) rows.set(quarantineId, row);
    }
    return rows;
  }

  return {
    async park({ quarantineId, shop, orderId, raw, listed }, { reason, field, expected, hint }) {
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
      const window = { listedBy: listed?.by, listedFrom: listed?.from, listedTo: listed?.to };
      const about = { shop, orderId, reason, field, expected, hint, ...window };
      await quarantine.park({ quarantineId, source: method, ...about, seenAt, payloadSealed });
      log.warn('row-parked', { method, shop, orderId, reason, field, hint });
      (await parked)?.set(quarantineId, { shop, ...window, lastSeenAt: seenAt });
    },

    async heal(quarantineIds) {
      if (quarantineIds.length === 0) return;
      // Quarantine is small and mostly empty: one look per run instead of one delete per row.
      parked ??= parkedRows();
      const known = await parked;
      for (const id of quarantineIds) {
        if (known.delete(id)) await quarantine.resolve(id);
      }
    },

    async healUnmet({ by, from, to, since, onlyShop }) {
      parked ??= parkedRows();
      const known = await parked;
      for (const [id, { shop, listedBy, listedFrom = '', listedTo = '', lastSeenAt }] of known) {
        const isWithin = listedBy === by && listedFrom >= from && listedTo <= to;
        const isAsked = onlyShop === undefined || shop === onlyShop;
        if (!isWithin || !isAsked || lastSeenAt >= since) continue;
        known.delete(id);
        await quarantine.resolve(id);
        log.info('row-no-longer-listed', { method, shop, from, to });
      }
    },
  };
}
