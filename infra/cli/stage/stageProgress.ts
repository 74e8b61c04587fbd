import { toEpochMs } from '../../../lib/domain/chinaTime.ts';
import { readMemory } from '../../../lib/pull/streamMemory.ts';
import type { StreamState } from '../../../lib/store/streamState.ts';
import type { LiveStream } from '../../local/live/snapshot.ts';
import type { PullWork } from '../../local/showPull.ts';
import type { Stores } from '../../local/stores.ts';

type Streams = Pick<Stores['streams'], 'list' | 'closedWindows'>;

/**
 * How far the streams are that functions elsewhere work on, as their states and ledgers tell.
 * @param since epoch ms at which the work began; what was finished before is another work
 */
export async function readStageProgress(
  streams: Streams,
  works: readonly PullWork[],
  { since, now }: { readonly since: number; readonly now: number },
): Promise<LiveStream[]> {
  const found = await Promise.all(
    (await streams.list())
      .filter((state) => works.some((work) => isOf(work, state.stream)))
      .map((state) => progressOf(state, streams, { since, now })),
  );
  return found.filter((one) => one !== undefined).sort((a, b) => (a.stream < b.stream ? -1 : 1));
}

/** Whether a stream is of this work: `trades#SHOP#LANE…`, `adOrders#PRODUCT#LANE…`, a reconcile's with its shop last. */
function isOf({ pull, input }: PullWork, stream: string): boolean {
  const [source, whose, lane, ...rest] = stream.split('#');
  if (lane !== input['lane']) return false;
  if (pull === 'pullAdOrders')
    return source === 'adOrders' && (lane !== 'reconcile' || rest[1] === input['shop']);
  return source === 'trades' && (input['shop'] === undefined || input['shop'] === whose);
}

async function progressOf(
  state: StreamState,
  streams: Streams,
  { since, now }: { readonly since: number; readonly now: number },
): Promise<LiveStream | undefined> {
  const { stream } = state;
  try {
    const { watermark, sweep, swept, finishedAt } = readMemory(state, now);
    const isDone = finishedAt !== undefined && toEpochMs(finishedAt) >= since;
    const bounds = isDone ? swept : sweep;
    if (bounds === undefined || (!isDone && state.owner === undefined)) return undefined;
    const [from, to] = [toEpochMs(bounds.from), toEpochMs(bounds.to)];
    const at = isDone ? to : watermark === undefined ? from : toEpochMs(watermark);
    const windows = (await streams.closedWindows(stream, { now })).filter(
      ({ closedAt }) => toEpochMs(closedAt) >= since,
    );
    const sum = (field: 'distinct' | 'enqueued' | 'parked'): number =>
      windows.reduce((total, window) => total + (window[field] ?? 0), 0);
    const [source, whose = '', lane = ''] = stream.split('#');
    return {
      ...{ stream, lane, reason: null, until: null, pages: 0, openWindows: 0 },
      source: source === 'adOrders' ? 'adOrders' : 'trades',
      shop: source === 'adOrders' ? null : whose,
      state: isDone ? 'caught-up' : 'walking',
      windows: windows.length,
      rows: sum('distinct'),
      enqueued: sum('enqueued'),
      parked: sum('parked'),
      watermark: isDone ? bounds.to : (watermark ?? bounds.from),
      lagMs: Math.max(0, to - at),
      share: to <= from ? 1 : Math.min(1, Math.max(0, (at - from) / (to - from))),
    };
  } catch {
    // A state that cannot be read is told by the function's own report.
    return undefined;
  }
}
