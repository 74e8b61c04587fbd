import { CarferryError, toCarferryError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { QueueMessage } from '../domain/queueMessage.ts';
import { hopsOf, MAX_HOPS } from './hops.ts';
import { readMessage } from './readMessage.ts';
import { tooManyHops } from './tooManyHops.ts';

/** The parts of an SQS record that consumers use; the event of Lambda fits. */
export type QueueRecord = {
  readonly messageId: string;
  readonly body: string;
  readonly receiptHandle: string;
  readonly attributes: { readonly ApproximateReceiveCount: string };
  readonly messageAttributes?:
    | Readonly<Record<string, { readonly stringValue?: string | undefined }>>
    | undefined;
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
  /** Told of every record that worked: an earlier delivery of it may lie in quarantine. */
  readonly heal?: ((message: QueueMessage, hops: number) => Promise<unknown>) | undefined;
  /**
   * Makes a record that must wait until `until` (epoch ms) work for later, durably; it is acknowledged then.
   * Answers false when this message cannot wait elsewhere than in its queue.
   */
  readonly putOff?: ((message: QueueMessage, until: number) => Promise<boolean>) | undefined;
  readonly log: Log;
  /** Records worked on at a time; default 10. */
  readonly concurrency?: number | undefined;
  /** In `[0, 1)`. */
  readonly random?: (() => number) | undefined;
  /** Epoch milliseconds. */
  readonly now?: (() => number) | undefined;
};

/** Longest wait after a failure of unknown kind. */
const MAX_WAIT_SECONDS = 60;
/** A wait that fits into the queue; longer ones go through `dues` where the message can. */
const SHORT_WAIT_MS = 60_000;
/** A halted session is looked at again then; it may have been renewed. */
const HALT_PAUSE_MS = 10 * 60_000;
/** SQS hides a message for twelve hours at most, counted from its receive. */
const LONGEST_HIDDEN_SECONDS = 11 * 3600;
/** Waits are no failures: after this many receives even short ones must not bring a record nearer to the DLQ. */
const RECEIVES_FOR_WAITS = 3;

/** The end of a ban or of a halt's pause, epoch ms; undefined for a failure that time alone does not explain. */
function waitsUntil({ disposition, until }: CarferryError, now: number): number | undefined {
  if (disposition === 'halt') return now + HALT_PAUSE_MS;
  return disposition === 'defer' ? (until ?? now + SHORT_WAIT_MS) : undefined;
}

/** Seconds after which the queue brings a failed record back. */
function waitSeconds(
  error: CarferryError,
  receives: number,
  random: () => number,
  now: () => number,
): number {
  const until = waitsUntil(error, now());
  if (until !== undefined) {
    return Math.min(LONGEST_HIDDEN_SECONDS, Math.max(1, Math.ceil((until - now()) / 1000)));
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
      message = readMessage(record.body);
      const hops = hopsOf(record.messageAttributes);
      if (hops > MAX_HOPS) throw tooManyHops(hops);
      await handle(message, record);
      await options.heal?.(message, hops);
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
    const until = waitsUntil(error, now());
    if (message !== undefined && until !== undefined) {
      try {
        if (await isPutOff(record, message, until)) return true;
      } catch (thrown) {
        log.warn('put-off-failed', { reason: toCarferryError(thrown).reason });
      }
    }
    return await bringBack(record, error);
  }

  /** A wait through `dues` costs the record none of its receives. */
  async function isPutOff(record: QueueRecord, message: QueueMessage, until: number): Promise<boolean> {
    const isShort = until - now() <= SHORT_WAIT_MS && receivesOf(record) < RECEIVES_FOR_WAITS;
    if (isShort || options.putOff === undefined) return false;
    return await options.putOff(message, until);
  }

  async function bringBack(record: QueueRecord, error: CarferryError): Promise<false> {
    const attempts = receivesOf(record);
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

function receivesOf({ attributes }: QueueRecord): number {
  return Number(attributes.ApproximateReceiveCount) || 1;
}
