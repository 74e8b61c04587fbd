import { randomUUID } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import { CarferryError } from '../core/errors.ts';
import { toEpochMs, toIso } from '../domain/chinaTime.ts';
import type { StreamsTable } from '../store/streamsTable.ts';
import { wholeSecond } from './windows.ts';

const LEASE_MS = 60_000;
/** `trades#<shop>#<lane>…` or `adOrders#<prodType>#<lane>…`. */
const STREAM_ID = /^(?:trades|adOrders)#[^#]+#(?:live|day|fortnight|quarter|backfill|reconcile)(?:#|$)/;

export type SetWatermarkDeps = {
  readonly streams: Pick<StreamsTable, 'takeForRepair' | 'save' | 'release' | 'dropUnreadable'>;
  readonly clock: Pick<Clock, 'now'>;
};

/**
 * Empties the state of a stream and says where it goes on: `watermark` (ISO) counts as "everything before it is
 * accounted for". Goes through lease and fence like any run, so whoever holds the stream at the same time can
 * write nothing more. Also the repair of a state that `acquire` refuses, and of open windows that nobody can read:
 * they go, so the watermark should lie before them. A sweep begins anew whatever is given.
 *
 * @returns `held` while a run works on the stream: try again a minute later
 * @throws CarferryError `park`, `malformed-input`, for an unknown stream or a time that is malformed or to come.
 */
export async function setWatermark(
  { streams, clock }: SetWatermarkDeps,
  stream: string,
  watermark: string,
): Promise<'written' | 'held'> {
  const now = clock.now();
  if (!STREAM_ID.test(stream)) throw refused('stream', 'expected a stream as carferry status shows it');
  const at = readTime(watermark);
  if (at > now) throw refused('watermark', 'it is in the future: nothing can be accounted for up to then');
  const owner = `set-watermark/${randomUUID()}`;
  const taken = await streams.takeForRepair(stream, { owner, now, leaseMs: LEASE_MS });
  if (taken === 'held') return 'held';
  const begin = toIso(at);
  const isLive = stream.split('#')[2] === 'live';
  await streams.dropUnreadable(stream);
  const saved = isLive ? await streams.save(taken, { watermark: begin, startedFrom: begin }) : taken;
  if (saved === 'lost') return 'held';
  await streams.release(saved);
  return 'written';
}

function readTime(text: string): number {
  try {
    const at = toEpochMs(text);
    if (Number.isFinite(at)) return wholeSecond(at);
  } catch {
    // Told below.
  }
  throw refused('watermark', 'expected a time such as 2026-11-20T08:00:00+08:00');
}

function refused(field: string, message: string): CarferryError {
  return new CarferryError({ disposition: 'park', reason: 'malformed-input', message, field });
}
