import type { Clock } from '../core/clock.ts';
import { toCarferryError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { publishGauge } from '../core/telemetry.ts';
import type { DayManifest } from '../store/dayManifest.ts';
import type { StreamsTable } from '../store/streamsTable.ts';
import type { SweptDay } from './streamMemory.ts';
import type { StreamPlan } from './streamPlan.ts';
import { manifestOf, touchesDay } from './sweptDays.ts';

export type CloseDayDeps = {
  readonly streams: Pick<StreamsTable, 'openWindows' | 'manifest' | 'writeManifest'>;
  readonly clock: Clock;
  readonly log: Log;
};

/**
 * Writes the manifest of a day, before the watermark passes its last window: a crash in between writes it once
 * more, and a sweep that finds its own row there leaves it.
 */
export async function closeDay(
  swept: SweptDay,
  plan: StreamPlan & { readonly shop: string },
  ends: { readonly sweep: string; readonly isOver: boolean },
  { streams, clock, log }: CloseDayDeps,
): Promise<void> {
  const { shop, lane, stream } = plan;
  const { day } = swept;
  const before = await lastManifest();
  if (before === 'unreadable' && lane !== 'reconcile') return;
  const known = before === 'unreadable' ? undefined : before;
  if (known?.sweep === ends.sweep) return;
  const open = await streams.openWindows(plan.siblings);
  const hasOpenWindow = open.some((row) => touchesDay(row, day));
  const closing = { shop, lane, ...ends, now: clock.now(), hasOpenWindow, before: known };
  const manifest = manifestOf(swept, closing);
  await streams.writeManifest(manifest, before === 'unreadable' ? 'any' : 'older');
  tell(manifest, log);

  async function lastManifest(): Promise<DayManifest | 'unreadable' | undefined> {
    try {
      return await streams.manifest(shop, day);
    } catch (thrown) {
      const { disposition, reason, field, hint } = toCarferryError(thrown);
      if (disposition !== 'park') throw thrown;
      log.error('manifest-refused', { stream, shop, from: day, reason, field, hint });
      return 'unreadable';
    }
  }
}

function tell({ shop, day, lane, state, reason, missing, upstream }: DayManifest, log: Log): void {
  const fields = { shop, from: day, lane, status: state, reason, count: missing, total: upstream };
  publishGauge({ name: 'RedDays', value: state === 'green' ? 0 : 1 });
  if (state === 'green') log.info('day-closed', fields);
  else log.warn('day-closed', fields);
}
