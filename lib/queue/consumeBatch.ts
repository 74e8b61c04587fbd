import { CarferryError, toCarferryError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { type QueueMessage, queueMessageSchema } from '../domain/queueMessage.ts';

/** The parts of an SQS record that consumers use; the event of Lambda fits. */
export type QueueRecord = {
  readonly messageId: string;
  readonly body: string;
  readonly receiptHandle: string;
  readonly attributes: { readonly ApproximateReceiveCount: string };
};

/** A record that will never work, with what is known of it. */
export type UnworkableRecord = {
  readonly record: QueueRecord;
  /** Absent when the body could not be read. */
  readonly message?: QueueMessage | undefined;
  readonly error: CarferryError;
};

export type BatchResponse = { batchItemFailures: { itemIdentifier: string }[] };

export type BatchOptions = {
  /** Resolves only when the effect of the record is durable; throws a classified error otherwise. */
  readonly handle: (message: QueueMessage, record: QueueRecord) => Promise<unknown>;
  readonly park: (entry: UnworkableRecord) => Promise<unknown>;
  readonly backOff: (receiptHandle: string, seconds: number) => Promise<unknown>;
  readonly log: Log;
  /** Records worked on at a time; default 10. */
  readonly concurrency?: number | undefined;
  /** In `[0, 1)`. */
  readonly random?: (() => number) | undefined;
  /** Epoch milliseconds. */
  readonly now?: (() => number) | undefined;
};

/** The queue never holds a wait longer than this; longer ones go through `dues`. */
const MAX_WAIT_SECONDS = 60;

/** Reads the body of a record; JSON, then the schema of `queueMessage`. */
function readMessage(record: QueueRecord): QueueMessage {
  let body: unknown;
  try {
    body = JSON.parse(record.body);
  } catch {
    // The engine's message quotes the body, so it is no cause.
    throw unreadable('', 'JSON');
  }
  const read = queueMessageSchema.safeParse(body);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  throw unreadable(issue?.path.join('.') ?? '', issue?.message ?? 'another shape');
}

function unreadable(field: string, expected: string): CarferryError {
  return new CarferryError({
    disposition: 'park',
    reason: 'unreadable-message',
    message: `a message does not fit its schema (${expected})`,
    field,
    hint: 'it may come from another version of carferry; redrive it after the deployment is the same everywhere',
    details: { expected },
  });
}

/** Seconds after which the queue brings a failed record back. */
function waitSeconds(
  error: CarferryError,
  receives: number,
  random: () => number,
  now: () => number,
): number {
  if (error.disposition === 'halt') return MAX_WAIT_SECONDS;
  if (error.disposition === 'defer') {
    const wait = error.until === undefined ? MAX_WAIT_SECONDS : Math.ceil((error.until - now()) / 1000);
    return Math.min(MAX_WAIT_SECONDS, Math.max(1, wait));
  }
  // Full jitter, also when parking failed: many records that failed together come back spread out.
  return 1 + Math.floor(random() * Math.min(MAX_WAIT_SECONDS, 2 ** receives));
}

/**
 * Works a batch of records, each for itself, and answers which of them the queue shall bring back: done and
 * skipped ones are acknowledged, unworkable ones after they are parked; the others are hidden for a while and
 * reported failed.
 *
 * @throws CarferryError `retry`, `empty-batch`: a queue never delivers nothing, so the wiring is wrong.
 */
export async function consumeBatch(
  records: readonly QueueRecord[],
  options: BatchOptions,
): Promise<BatchResponse> {
  if (records.length === 0) {
    throw new CarferryError({
      disposition: 'retry',
      reason: 'empty-batch',
      message: 'a batch without records',
    });
  }
  const { handle, park, backOff, log, concurrency = 10, random = Math.random, now = Date.now } = options;

  async function isDone(record: QueueRecord): Promise<boolean> {
    let message: QueueMessage | undefined;
    try {
      message = readMessage(record);
      await handle(message, record);
      return true;
    } catch (thrown) {
      return await settle(record, message, toCarferryError(thrown));
    }
  }

  async function settle(
    record: QueueRecord,
    message: QueueMessage | undefined,
    error: CarferryError,
  ): Promise<boolean> {
    const { disposition, reason, field } = error;
    if (disposition === 'skip') return true;
    if (disposition === 'park') {
      try {
        await park({ record, message, error });
        log.error('record-parked', { reason, field });
        return true;
      } catch (thrown) {
        return await bringBack(record, toCarferryError(thrown));
      }
    }
    return await bringBack(record, error);
  }

  async function bringBack(record: QueueRecord, error: CarferryError): Promise<false> {
    const attempts = Number(record.attributes.ApproximateReceiveCount) || 1;
    const { disposition, reason } = error;
    log.warn('record-failed', { reason, disposition, attempts });
    try {
      await backOff(record.receiptHandle, waitSeconds(error, attempts, random, now));
    } catch (thrown) {
      // The queue's own visibility time-out brings the record back as well, only later.
      log.warn('back-off-failed', { reason: toCarferryError(thrown).reason });
    }
    return false;
  }

  const failed = new Set<string>();
  const waiting = records.values();
  async function work(): Promise<void> {
    for (const record of waiting) {
      if (!(await isDone(record))) failed.add(record.messageId);
    }
  }
  const workers = Math.max(1, Math.min(concurrency, records.length));
  await Promise.all(Array.from({ length: workers }, work));
  return { batchItemFailures: [...failed].map((itemIdentifier) => ({ itemIdentifier })) };
}
