import { systemClock } from '../../lib/core/clock.ts';
import type { StreamReport } from '../../lib/domain/summaryDocument.ts';
import type { LiveStream } from './live/snapshot.ts';
import { watchStreams } from './live/watchStreams.ts';
import { type PullFunction, pullToEnd } from './pulls.ts';
import type { Terminal } from './terminal/terminal.ts';
import { bar, counted, duration, percent, streamName } from './terminal/words.ts';
import { type WorkingSystem, workOff } from './workingSystem.ts';

const DRAW_MS = 250;
const LINE_MS = 3_000;

export type PullWork = {
  readonly pull: PullFunction;
  readonly input: Readonly<Record<string, unknown>>;
};

/**
 * Pulls on a working system until its streams are at their end, one piece after another, with a line of progress for
 * each stream: drawn over itself on a terminal, every few seconds elsewhere. Stopped or killed, the same work goes on
 * from where it was.
 */
export async function showPull(
  working: WorkingSystem,
  works: readonly PullWork[],
  { signal, terminal }: { readonly signal: AbortSignal; readonly terminal: Terminal },
): Promise<StreamReport[]> {
  const clock = systemClock;
  const watch = watchStreams();
  const startedAt = performance.now();
  const lines = (): string[] => {
    const elapsedMs = performance.now() - startedAt;
    return watch
      .read(clock.now())
      .filter(isAsked(works))
      .map((stream) => pullLine(stream, elapsedMs));
  };
  const timer = setInterval(
    () => {
      if (terminal.isLive) terminal.draw(lines().join('\n'));
      else for (const line of lines()) terminal.say(line);
    },
    terminal.isLive ? DRAW_MS : LINE_MS,
  );
  try {
    return await workOff(working, { signal, say: terminal.say }, async (either) => {
      const reports: StreamReport[] = [];
      for (const { pull, input } of works) {
        if (either.aborted) break;
        reports.push(
          ...(await pullToEnd(pull, input, { invoke: working.system.invoke, clock, signal: either })),
        );
      }
      return reports;
    });
  } finally {
    clearInterval(timer);
    terminal.clear();
    watch.stop();
  }
}

/** Streams of the lanes that this work asks for; the schedules of a running system are another process's. */
function isAsked(works: readonly PullWork[]): (stream: LiveStream) => boolean {
  const lanes = new Set(works.map(({ input }) => input['lane']));
  return ({ lane }) => lanes.has(lane);
}

/** `trades 我在测试 ████░░ 45 %, 1204 rows of 37 windows, at 2026-10-12, about 3 min left`. Pure. */
export function pullLine(stream: LiveStream, elapsedMs: number): string {
  const { share, rows, windows, state, watermark, openWindows, reason } = stream;
  const name = streamName(stream.stream);
  if (state === 'caught-up') return `${name}: done, ${counted(rows, 'row')} in ${counted(windows, 'window')}`;
  const left =
    share > 0.02 ? `, about ${duration(Math.max(1000, (elapsedMs / share) * (1 - share)))} left` : '';
  const trouble =
    state === 'walking' || state === 'more' ? '' : `, ${state}${reason === null ? '' : ` (${reason})`}`;
  const open = openWindows > 0 ? `, ${counted(openWindows, 'window')} left open` : '';
  return (
    `${name} ${bar(share, 16)} ${percent(share)}, ${counted(rows, 'row')} in ${counted(windows, 'window')}, ` +
    `at ${watermark.slice(0, 16).replace('T', ' ')}${open}${trouble}${left}`
  );
}
