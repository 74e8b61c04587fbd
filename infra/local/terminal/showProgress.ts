import type { Monitor } from '../live/monitor.ts';
import { plainLine } from './plainLine.ts';
import { renderScreen } from './screen.ts';
import type { Terminal } from './terminal.ts';

const DRAW_MS = 250;
const LINE_MS = 3_000;
/** A run without end writes a line only now and then. */
const LINE_OF_RUN_MS = 30_000;

/** Shows a run while it goes on: a screen on a terminal, else one plain line every few seconds. */
export function showProgress(monitor: Monitor, terminal: Terminal): { stop(): void } {
  const show = terminal.isLive
    ? () => terminal.draw(renderScreen(monitor.snapshot(), terminal.size(), terminal.paint))
    : () => terminal.say(plainLine(monitor.snapshot()));
  const isRun = monitor.snapshot().mode === 'run';
  let lines = 0;
  const everyMs = terminal.isLive ? DRAW_MS : LINE_MS;
  const timer = setInterval(() => {
    lines += 1;
    // The first minute tells more, so that a log shows how it began.
    if (!terminal.isLive && isRun && lines > 20 && lines % (LINE_OF_RUN_MS / LINE_MS) !== 0) return;
    show();
  }, everyMs);
  return {
    stop: () => {
      clearInterval(timer);
      terminal.clear();
    },
  };
}
