import { onStreamProgress, type StreamProgressEvent } from '../../../lib/core/telemetry.ts';
import { toIso } from '../../../lib/domain/chinaTime.ts';
import type { LiveStream } from './snapshot.ts';

const COUNTS = ['windows', 'pages', 'rows', 'enqueued', 'parked'] as const;
type Counts = Record<(typeof COUNTS)[number], number>;
type Entry = { last: StreamProgressEvent; firstFrom: number; before: Counts };

export type StreamWatch = {
  /** @param knowable epoch ms up to which records count as listed now; a later `to` of a stream wins */
  read(knowable: number): LiveStream[];
  stop(): void;
};

/** Follows the streams of this process page by page; sums the counts of their runs. */
export function watchStreams(): StreamWatch {
  const entries = new Map<string, Entry>();
  const stop = onStreamProgress((event) => {
    const entry = entries.get(event.stream);
    if (entry === undefined) {
      entries.set(event.stream, { last: event, firstFrom: event.from, before: sumOf() });
      return;
    }
    const { last } = entry;
    const beginsAnew = last.run !== event.run;
    if (beginsAnew) entry.before = sumOf(entry.before, last);
    // A run that found the stream held knows nothing of its place.
    const { from, to, watermark } = event.state === 'held' ? last : event;
    const isLive = event.lane === 'live';
    const isNextSweep = beginsAnew && !isLive && last.state === 'caught-up';
    entry.last = { ...event, from, to, watermark: isLive ? Math.max(last.watermark, watermark) : watermark };
    entry.firstFrom = isNextSweep ? from : Math.min(entry.firstFrom, from);
  });
  return {
    read: (knowable) =>
      [...entries.values()]
        .map((entry) => toLive(entry, knowable))
        .sort((a, b) => (a.stream < b.stream ? -1 : 1)),
    stop,
  };
}

function toLive({ last, firstFrom, before }: Entry, knowable: number): LiveStream {
  const { stream, source, shop = null, lane, state, reason = null, until = null, openWindows } = last;
  const counts = sumOf(before, last);
  const end = lane === 'live' ? Math.max(knowable, last.to) : last.to;
  // A finished sweep has given its watermark back; it is at its end.
  const watermark = state === 'caught-up' ? Math.max(last.watermark, last.to) : last.watermark;
  const way = last.to - firstFrom;
  const share = state === 'caught-up' || way <= 0 ? 1 : (watermark - firstFrom) / way;
  return {
    ...{ stream, source, shop, lane, state, reason, until, openWindows },
    ...counts,
    watermark: toIso(watermark),
    lagMs: Math.max(0, end - watermark),
    share: Math.min(1, Math.max(0, share)),
  };
}

function sumOf(...parts: readonly Counts[]): Counts {
  const sum = { windows: 0, pages: 0, rows: 0, enqueued: 0, parked: 0 };
  for (const part of parts) for (const name of COUNTS) sum[name] += part[name];
  return sum;
}
