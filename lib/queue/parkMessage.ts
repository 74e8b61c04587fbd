import { createHash } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import { toIso } from '../domain/chinaTime.ts';
import type { Sealed } from '../domain/personal.ts';
import type { UnworkableRecord } from './consumeBatch.ts';
import { hopsOf } from './hops.ts';
import { parkedId, subjectOf, versionOf } from './subjectOf.ts';

/** What the parker writes; `QuarantineTable.park` of `lib/store` takes it. */
export type ParkedMessage = {
  readonly quarantineId: string;
  readonly source: string;
  readonly shop?: string | undefined;
  readonly orderId?: string | undefined;
  /** Of a message that could be read: a later version that works takes it out. */
  readonly version?: string | undefined;
  /** How often the message had been sent again; absent for a fresh one. */
  readonly hops?: number | undefined;
  readonly reason: string;
  readonly field?: string | undefined;
  readonly expected?: string | undefined;
  readonly hint?: string | undefined;
  readonly seenAt: string;
  readonly payloadSealed: Sealed;
};

export type ParkerDeps = {
  /** Name of the queue, e.g. `orders`. */
  readonly source: string;
  readonly quarantine: { park(entry: ParkedMessage): Promise<unknown> };
  /** Seals the whole body under a key of its own, because an unreadable body may hold anything. */
  readonly sealPayload: (payload: string, quarantineId: string) => Promise<Sealed>;
  readonly clock: Pick<Clock, 'now'>;
};

/**
 * Puts records into quarantine under an id that follows from what they are about (or from their bytes when
 * they cannot be read), so that parking the same record again changes nothing but its count. Answers the id.
 */
export function createParker({ source, quarantine, sealPayload, clock }: ParkerDeps) {
  return async ({ record, message, error }: UnworkableRecord): Promise<string> => {
    const quarantineId =
      message === undefined
        ? `${source}#${createHash('sha256').update(record.body).digest('hex').slice(0, 32)}`
        : parkedId(source, message);
    const { expected } = error.details;
    await quarantine.park({
      quarantineId,
      source,
      shop: message?.shop,
      orderId: message && subjectOf(message).orderId,
      version: message && versionOf(message),
      hops: hopsOf(record.messageAttributes) || undefined,
      reason: error.reason,
      field: error.field,
      expected: typeof expected === 'string' ? expected : undefined,
      hint: error.hint,
      seenAt: toIso(clock.now()),
      payloadSealed: await sealPayload(record.body, quarantineId),
    });
    return quarantineId;
  };
}
