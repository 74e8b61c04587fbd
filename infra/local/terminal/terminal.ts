import { createLogUpdate } from 'log-update';
import { createPaint, type Paint, wantsColour } from './paint.ts';
import type { ScreenSize } from './screen.ts';

/** Where a run talks to people: stderr, so that stdout stays for results. */
export type Terminal = {
  /** True when a screen can be drawn over itself. */
  readonly isLive: boolean;
  readonly paint: Paint;
  size(): ScreenSize;
  /** One line that stays. */
  say(line: string): void;
  /** Draws over what was drawn before; only on a live terminal. */
  draw(text: string): void;
  /** Takes the drawing away. */
  clear(): void;
};

export type TerminalStream = NodeJS.WritableStream & {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
};

/** A terminal that draws when `stream` is one, else plain lines. */
export function createTerminal(
  stream: TerminalStream,
  environment: Readonly<Record<string, string | undefined>>,
): Terminal {
  const isLive = stream.isTTY === true && environment['TERM'] !== 'dumb' && !environment['CI'];
  const paint = createPaint(wantsColour(stream, environment));
  const size = (): ScreenSize => ({ columns: stream.columns || 80, rows: stream.rows || 24 });
  const say = (line: string): void => void stream.write(`${line}\n`);
  if (!isLive) return { isLive, paint, size, say, draw: () => {}, clear: () => {} };
  const update = createLogUpdate(stream, { showCursor: true });
  let drawn = '';
  return {
    isLive,
    paint,
    size,
    say: (line) => {
      update.clear();
      say(line);
      if (drawn !== '') update(drawn);
    },
    draw: (text) => {
      drawn = text;
      update(text);
    },
    clear: () => {
      drawn = '';
      update.clear();
      update.done();
    },
  };
}
