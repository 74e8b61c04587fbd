import { createHash } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import { toIso } from '../domain/chinaTime.ts';
import type { Sealed } from '../domain/personal.ts';
import type { QueueMessage } from '../domain/queueMessage.ts';
import type { UnworkableRecord } from './consumeBatch.ts';

/** What the parker writes; `QuarantineTable.park` of `lib/store` takes it. */
export type ParkedMessage = {
  readonly quarantineId: string;
  readonly source: string;
  readonly shop?: string | undefined;
  readonly orderId?: string | undefined;
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

/** What a message is about, whichever delivery or version of it this is. */
function subjectOf(message: QueueMessage): { readonly id: string; readonly orderId?: string | undefined } {
  switch (message.kind) {
    case 'trade':
    case 'due':
    case 'noLead':
      return { id: message.orderId, orderId: message.orderId };
    case 'adLine':
      return { id: `${message.line.orderId}#${message.line.line}`, orderId: message.line.orderId };
    case 'lead':
      return { id: message.lead.leadId, orderId: message.lead.orderId };
  }
}

/**
 * Puts records into quarantine under an id that follows from what they are about (or from their bytes when
 * they cannot be read), so that parking the same record again changes nothing but its count.
 */
export function createParker({ source, quarantine, sealPayload, clock }: ParkerDeps) {
  return async ({ record, message, error }: UnworkableRecord): Promise<void> => {
    const subject = message === undefined ? undefined : subjectOf(message);
    const quarantineId =
      message === undefined || subject === undefined
        ? `${source}#${createHash('sha256').update(record.body).digest('hex').slice(0, 32)}`
        : `${source}#${message.kind}#${subject.id}`;
    const { expected } = error.details;
    await quarantine.park({
      quarantineId,
      source,
      shop: message?.shop,
      orderId: subject?.orderId,
      reason: error.reason,
      field: error.field,
      expected: typeof expected === 'string' ? expected : undefined,
      hint: error.hint,
      seenAt: toIso(clock.now()),
      payloadSealed: await sealPayload(record.body, quarantineId),
    });
  };
}
