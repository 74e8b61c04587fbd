import type { Clock } from '../core/clock.ts';
import { toCarferryError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { chinaDate, toEpochMs, toIso } from '../domain/chinaTime.ts';
import type { DayManifest } from '../store/dayManifest.ts';
import type { OrdersTable } from '../store/ordersTable.ts';
import type { StreamsTable } from '../store/streamsTable.ts';
import { tradeStreams } from './lanes.ts';
import { tokenOfHash, unpackTokens } from './seenRows.ts';
import { touchesDay } from './sweptDays.ts';
import { nextMidnight } from './windows.ts';

export type ConfirmDaysDeps = {
  readonly streams: Pick<StreamsTable, 'manifests' | 'openWindows' | 'writeManifest'>;
  readonly orders: Pick<OrdersTable, 'versionsOf'>;
  readonly clock: Clock;
  readonly log: Log;
};

/**
 * Looks whether the trades that a sweep missed and sent have arrived at the very versions it saw: then the day
 * is green without asking TOP again. A day whose trades changed once more meanwhile waits for its next sweep.
 * Never throws: a day that cannot be confirmed stays as it is.
 */
export async function confirmDays(shop: string, lookbackMs: number, deps: ConfirmDaysDeps): Promise<void> {
  const { streams, clock, log } = deps;
  const now = clock.now();
  try {
    const rows = await streams.manifests(shop, chinaDate(now - lookbackMs), chinaDate(now));
    for (const row of rows) {
      if (row.state !== 'red' || row.reason !== 'missing' || !(await haveArrived(row, deps))) continue;
      const { reason: _reason, awaited: _awaited, ...found } = row;
      await streams.writeManifest({
        ...found,
        present: row.present + row.missing,
        missing: 0,
        differing: 0,
        healed: row.healed + row.missing,
        at: toIso(clock.now()),
        state: 'green',
      });
      log.info('day-confirmed', { shop, from: row.day, lane: row.lane, count: row.missing });
    }
  } catch (thrown) {
    const { reason, disposition } = toCarferryError(thrown);
    log.warn('day-not-confirmed', { shop, reason, disposition });
  }
}

async function haveArrived({ shop, day, missing, awaited = '' }: DayManifest, deps: ConfirmDaysDeps) {
  const tokens = unpackTokens(awaited);
  // Too many to be kept.
  if (tokens.size !== missing) return false;
  const open = await deps.streams.openWindows(tradeStreams(shop));
  if (open.some((row) => touchesDay(row, day))) return false;
  const from = toEpochMs(`${day}T00:00:00+08:00`);
  const versions = await deps.orders.versionsOf(shop, toIso(from), toIso(nextMidnight(from)));
  const stored = new Set(
    [...versions.values()].flatMap(({ hash, owes }) => (owes ? [] : [tokenOfHash(hash)])),
  );
  return [...tokens].every((token) => stored.has(token));
}
