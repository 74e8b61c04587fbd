import { createTerminal, type TerminalStream } from '../local/terminal/terminal.ts';
import { bar, duration, percent } from '../local/terminal/words.ts';
import type { ExportName } from './documents.ts';
import { type Monitorable, tableItemCount } from './tableItemCount.ts';

const DRAW_MS = 250;
const LINE_MS = 3_000;
const NOUN = { orders: 'orders', leads: 'leads', 'ad-orders': 'ad lines' } as const;

export type ExportProgress = { wrote(): void; stop(): Promise<void> };

/**
 * How much is written and how much is left: on a terminal a line that draws over itself, elsewhere a plain line
 * every few seconds. An export that is done sooner says nothing in a pipe.
 */
export function startExportProgress(
  what: ExportName,
  data: Monitorable,
  stream: TerminalStream,
  environment: Readonly<Record<string, string | undefined>>,
): ExportProgress {
  const terminal = createTerminal(stream, environment);
  // With both on one terminal the documents themselves are the progress.
  if (terminal.isLive && process.stdout.isTTY) return { wrote: () => {}, stop: async () => {} };
  const startedAt = performance.now();
  let written = 0;
  let hasSpoken = terminal.isLive;
  let total: number | undefined;
  let counting: Promise<void> | undefined;
  const show = (): void => {
    // Counted only for those who wait: on AWS it reads the whole table.
    counting ??= tableItemCount(what, data).then((count) => {
      total = count;
    });
    const line = exportLine(NOUN[what], { written, total, elapsedMs: performance.now() - startedAt });
    hasSpoken = true;
    if (terminal.isLive) terminal.draw(line);
    else terminal.say(line);
  };
  const timer = setInterval(show, terminal.isLive ? DRAW_MS : LINE_MS);
  return {
    wrote: () => {
      written += 1;
    },
    stop: async () => {
      clearInterval(timer);
      // The tables are closed next, and nothing may be reading them then.
      await counting;
      terminal.clear();
      if (hasSpoken) terminal.say(`${written} ${NOUN[what]} in ${duration(performance.now() - startedAt)}`);
    },
  };
}

/** `orders  ████░░  40 %  2000 of 5000, about 3 s left`. Pure. */
export function exportLine(
  noun: string,
  { written, total, elapsedMs }: { written: number; total: number | undefined; elapsedMs: number },
): string {
  if (total === undefined || total < written || total === 0) return `${noun}: ${written} written`;
  const share = written / total;
  const left =
    written === 0 ? '' : `, about ${duration(Math.max(1000, (elapsedMs / share) * (1 - share)))} left`;
  return `${noun}  ${bar(share, 16)} ${percent(share)}  ${written} of ${total}${left}`;
}
