import type { Clock } from '../core/clock.ts';
import { Clear } from '../domain/personal.ts';
import type { QueueMessage } from '../domain/queueMessage.ts';
import type { KeyProvider } from '../privacy/keyProvider.ts';
import type { Entity } from '../privacy/place.ts';
import { sealRecord } from '../privacy/sealRecord.ts';
import type { UnworkableRecord } from '../queue/consumeBatch.ts';
import { createHealer } from '../queue/healParked.ts';
import { createParker } from '../queue/parkMessage.ts';
import { subjectOf } from '../queue/subjectOf.ts';
import type { QuarantineTable } from '../store/quarantineTable.ts';

/** Both ends of quarantine for the messages of one queue. */
export type SealedParker = {
  /** Puts an unworkable message into quarantine, its whole body sealed. */
  park(entry: UnworkableRecord): Promise<void>;
  /** Takes it out once a delivery of it has worked. */
  heal(message: QueueMessage, hops: number): Promise<void>;
};

/** Parks and heals the messages of one queue; what a consumer's `park` and `heal` are made of. */
export function createSealedParker(deps: {
  /** Name of the queue, e.g. `orders`. */
  readonly source: string;
  readonly quarantine: Pick<QuarantineTable, 'park' | 'read' | 'resolveSeen' | 'idsOf'>;
  readonly keys: KeyProvider;
  readonly clock: Clock;
}): SealedParker {
  const healer = createHealer(deps);
  const parkerOf = ({ message }: UnworkableRecord) =>
    createParker({
      ...deps,
      sealPayload: async (payload, quarantineId) => {
        const entity = { kind: 'quarantine', id: quarantineId, ...personOf(message) } as const;
        const sealed = await sealRecord({ payload: new Clear('text', payload) }, entity, deps.keys);
        return sealed.payloadSealed;
      },
    });
  return {
    park: async (entry) => await healer.parked(await parkerOf(entry)(entry)),
    heal: healer.heal,
  };
}

/** Under the key of the order or lead it is about, so that erasing that one erases this too. */
function personOf(message: QueueMessage | undefined): Pick<Entity, 'keyOf'> {
  if (message === undefined) return {};
  const { id, orderId } = subjectOf(message);
  if (orderId !== undefined) return { keyOf: { kind: 'order', id: orderId } };
  return { keyOf: { kind: 'lead', id } };
}
