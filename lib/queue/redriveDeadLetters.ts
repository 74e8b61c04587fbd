import type { Clock } from '../core/clock.ts';
import type { QueueMessage } from '../domain/queueMessage.ts';
import type { DeadLetter, DeadLetterQueue } from './deadLetters.ts';
import { MAX_HOPS } from './hops.ts';
import { readMessage } from './readMessage.ts';

export type RedriveOptions = {
  /** Where the messages came from; undefined: nothing reads them, so there is nowhere to send them to. */
  readonly queueUrl: string | undefined;
  readonly accepts: (letter: DeadLetter, message: QueueMessage | undefined) => boolean;
  readonly limit: number;
  /** Messages a second, so that a large queue does not push live ones aside. */
  readonly perSecond: number;
  /** Hops are counted from none again: somebody has repaired what refused the messages. */
  readonly resetHops?: boolean | undefined;
  /** Looks only; every message is shown again as it was. */
  readonly dryRun: boolean;
  /** Puts away a message that was sent again too often, durably. */
  readonly park: (letter: DeadLetter, message: QueueMessage | undefined) => Promise<unknown>;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  readonly onDone?: ((report: RedriveReport) => void) | undefined;
};

/** What became of the messages of one dead-letter queue; with a dry run, what would. */
export type RedriveReport = {
  /** Sent to their queue. */
  sent: number;
  /** Sent again too often: put into quarantine. */
  parked: number;
  /** Left where they are, because the filter says so. */
  left: number;
};

/** The message of a letter; undefined when it cannot be read, which the consumer will find as well. */
export function messageOf({ body }: Pick<DeadLetter, 'body'>): QueueMessage | undefined {
  try {
    return readMessage(body);
  } catch {
    return undefined;
  }
}

/**
 * Sends the messages of a dead-letter queue to their queue again, each as a fresh one. May run twice, at the
 * same time even, and may be killed anywhere: messages are doubled then, never lost.
 *
 * @throws CarferryError `retry`, `queue-unavailable`; what was held is shown again.
 */
export async function redriveDeadLetters(
  queue: DeadLetterQueue,
  options: RedriveOptions,
): Promise<RedriveReport> {
  const { queueUrl, clock, dryRun, signal } = options;
  const report: RedriveReport = { sent: 0, parked: 0, left: 0 };
  const startedAt = clock.now();
  const held = new Map<string, DeadLetter>();
  const done = (): number => report.sent + report.parked;

  async function settle(letter: DeadLetter): Promise<void> {
    const message = messageOf(letter);
    // What was sent after the start is our own work, come back: another time.
    const isOurs = letter.sentAt > startedAt;
    if (queueUrl === undefined || isOurs || !options.accepts(letter, message)) {
      report.left += 1;
      return;
    }
    const isTired = letter.hops >= MAX_HOPS && options.resetHops !== true;
    report[isTired ? 'parked' : 'sent'] += 1;
    if (dryRun) return;
    if (isTired) {
      await options.park(letter, message);
      await queue.remove(letter);
    } else {
      await queue.sendTo(queueUrl, options.resetHops === true ? { ...letter, hops: 0 } : letter);
    }
    held.delete(letter.messageId);
    await clock.sleep(1000 / options.perSecond, signal).catch(() => undefined);
  }

  try {
    for await (const letters of queue.take(Number.POSITIVE_INFINITY)) {
      for (const letter of letters) held.set(letter.messageId, letter);
      for (const letter of letters) {
        if (signal?.aborted || done() >= options.limit) return report;
        await settle(letter);
        options.onDone?.(report);
      }
    }
    return report;
  } finally {
    // What cannot be shown again now shows itself when its time is over.
    for (const letter of held.values()) await queue.release(letter).catch(() => undefined);
  }
}
