import { toCarferryError } from '../../lib/core/errors.ts';
import { toEpochMs } from '../../lib/domain/chinaTime.ts';
import { readMemory } from '../../lib/pull/streamMemory.ts';
import type { Stores } from '../local/stores.ts';
import { duration } from '../local/terminal/words.ts';

/** Where one stream stands; a state that cannot be trusted says only why. */
export type StreamStatus = {
  readonly stream: string;
  readonly watermark: string | null;
  /** Of a live stream: from its watermark to now. */
  readonly lagMs: number | null;
  readonly finishedAt: string | null;
  readonly window: { readonly from: string; readonly to: string } | null;
  /** End of the lease of the run that works on it. */
  readonly heldUntil: string | null;
  readonly openWindows: number;
  /** Reason for which no run takes it; streams set-watermark repairs it. */
  readonly refusal: string | null;
};

/**
 * Every stream, sorted by id.
 * @param now epoch ms
 */
export async function readStreams(
  { streams }: Pick<Stores, 'streams'>,
  now: number,
): Promise<StreamStatus[]> {
  const open = new Map<string, number>();
  for (const { stream } of await streams.openWindows()) open.set(stream, (open.get(stream) ?? 0) + 1);
  async function statusOf(stream: string): Promise<StreamStatus> {
    const head = { stream, openWindows: open.get(stream) ?? 0 };
    try {
      // Read as a run reads it, so that what refuses a run is seen here.
      const state = await streams.read(stream);
      const { watermark, finishedAt, window } = state === undefined ? {} : readMemory(state, now);
      const expiresAt = state?.expiresAt;
      const isLive = stream.split('#')[2] === 'live';
      return {
        ...head,
        watermark: watermark ?? null,
        lagMs: isLive && watermark !== undefined ? Math.max(0, now - toEpochMs(watermark)) : null,
        finishedAt: finishedAt ?? null,
        window: window === undefined ? null : { from: window.from, to: window.to },
        heldUntil: expiresAt !== undefined && toEpochMs(expiresAt) > now ? expiresAt : null,
        refusal: null,
      };
    } catch (thrown) {
      const nothing = { watermark: null, lagMs: null, finishedAt: null, window: null, heldUntil: null };
      return { ...head, ...nothing, refusal: toCarferryError(thrown).reason };
    }
  }
  const found = await Promise.all((await streams.list()).map(({ stream }) => statusOf(stream)));
  return found.sort((a, b) => (a.stream < b.stream ? -1 : 1));
}

/** Its cells: everything before, behind, open windows, state. Pure. */
export function streamRow(stream: StreamStatus): string[] {
  const { watermark, lagMs, openWindows } = stream;
  return [
    clock(watermark),
    lagMs === null ? '' : duration(lagMs),
    openWindows === 0 ? '' : String(openWindows),
    stateOf(stream),
  ];
}

function stateOf({ stream, refusal, heldUntil, window, finishedAt }: StreamStatus): string {
  if (refusal !== null) return `refused: ${refusal}`;
  if (heldUntil !== null) return window === null ? 'being read' : `reading ${clock(window.from)}`;
  if (finishedAt !== null) return `finished ${clock(finishedAt)}`;
  // These two are begun by a person, so no schedule takes them up again.
  const lane = stream.split('#')[2] ?? '';
  return lane === 'backfill' || lane === 'reconcile'
    ? 'stopped: the same command goes on'
    : 'waiting for its time';
}

function clock(iso: string | null): string {
  return iso === null ? '' : iso.slice(0, 19).replace('T', ' ');
}
