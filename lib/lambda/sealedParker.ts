import type { Clock } from '../core/clock.ts';
import { Clear } from '../domain/personal.ts';
import type { KeyProvider } from '../privacy/keyProvider.ts';
import { sealRecord } from '../privacy/sealRecord.ts';
import { createParker } from '../queue/parkMessage.ts';
import type { QuarantineTable } from '../store/quarantineTable.ts';

/** Puts unworkable messages of a queue into quarantine, their whole body sealed. */
export function createSealedParker(deps: {
  /** Name of the queue, e.g. `orders`. */
  readonly source: string;
  readonly quarantine: Pick<QuarantineTable, 'park'>;
  readonly keys: KeyProvider;
  readonly clock: Clock;
}) {
  return createParker({
    ...deps,
    sealPayload: async (payload, quarantineId) => {
      const entity = { kind: 'quarantine', id: quarantineId } as const;
      const sealed = await sealRecord({ payload: new Clear('text', payload) }, entity, deps.keys);
      return sealed.payloadSealed;
    },
  });
}
