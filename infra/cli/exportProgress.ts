import { createTerminal, type TerminalStream } from '../local/terminal/terminal.ts';
import { bar, duration, percent } from '../local/terminal/words.ts';
import type { ExportName } from './documents.ts';
import { type Monitorable, tableItemCount } from './tableItemCount.ts';

const DRAW_MS = 250;
const NOUN = { orders: 'orders', leads: 'leads', 'ad-orders': 'ad lines' } as const;

export type ExportProgress = { wrote(): void; stop(): void };

const SILENT: ExportProgress = { wrote: () => {}, stop: () => {} };

/** A line that draws over itself on a terminal: how much is written, how much is left. Nothing elsewhere. */
export async function startExportProgress(
  what: ExportName,
  data: Monitorable,
  stream: TerminalStream,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<ExportProgress> {
  const terminal = createTerminal(stream, environment);
  // With both on one terminal the lines themselves are the progress.
  if (!terminal.isLive || process.stdout.isTTY) return SILENT;
  const total = await tableItemCount(what, data);
  const startedAt = performance.now();
  let written = 0;
  const timer = setInterval(() => {
    terminal.draw(exportLine(NOUN[what], { written, total, elapsedMs: performance.now() - startedAt }));
  }, DRAW_MS);
  return {
    wrote: () => {
      written += 1;
    },
    stop: () => {
      clearInterval(timer);
      terminal.clear();
      terminal.say(`${written} ${NOUN[what]} in ${duration(performance.now() - startedAt)}`);
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
