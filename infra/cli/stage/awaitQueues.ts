import type { Clock } from '../../../lib/core/clock.ts';
import { queueDepths } from '../../local/queueDepths.ts';
import type { Terminal } from '../../local/terminal/terminal.ts';
import { counted, duration, queueName } from '../../local/terminal/words.ts';
import type { OpenData } from '../openData.ts';

export type AwaitQueuesOptions = {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly terminal: Terminal;
  /** `--stage dev`, for the command that watches on. */
  readonly flags: string;
  readonly everyMs?: number;
  readonly mostMs?: number;
};

const EVERY_MS = 5_000;
const MOST_MS = 600_000;
/** SQS counts roughly: a queue is quiet when it was found empty this often in a row. */
const TIMES_EMPTY = 2;

/**
 * Watches the consumers of a stage work the queues off: until they are quiet, for ten minutes, or until stopped.
 * Answers what still waits.
 */
export async function awaitQueues(
  { sqs, queueUrls, wiring }: Pick<OpenData, 'sqs' | 'queueUrls' | 'wiring'>,
  options: AwaitQueuesOptions,
): Promise<number> {
  const { clock, signal, terminal, flags, everyMs = EVERY_MS, mostMs = MOST_MS } = options;
  const startedAt = clock.now();
  let first: number | undefined;
  let empty = 0;
  for (;;) {
    const depths = await queueDepths(sqs, queueUrls, wiring.queues);
    const waiting = depths.reduce((sum, depth) => sum + depth.waiting, 0);
    first ??= waiting;
    empty = waiting === 0 ? empty + 1 : 0;
    const elapsedMs = clock.now() - startedAt;
    if (empty >= TIMES_EMPTY || signal.aborted || elapsedMs >= mostMs) {
      terminal.clear();
      if (waiting > 0) {
        terminal.say(
          `${counted(waiting, 'message')} still wait and are worked off without this command; ` +
            `npm run -s carferry -- status ${flags} shows it`,
        );
      }
      return waiting;
    }
    const done = first - waiting;
    const left = done > 0 ? `, about ${duration((waiting / done) * elapsedMs)} left` : '';
    const names = depths
      .filter((depth) => depth.waiting > 0)
      .map((depth) => `${queueName(depth.name)} ${depth.waiting}`);
    if (names.length > 0) show(terminal, `the stage works the messages off: ${names.join(', ')} wait${left}`);
    await clock.sleep(empty > 0 ? everyMs / TIMES_EMPTY : everyMs, signal).catch(() => undefined);
  }
}

function show({ isLive, draw, say }: Terminal, line: string): void {
  if (isLive) draw(line);
  else say(line);
}
