import type { QueueMessage } from '../../../lib/domain/queueMessage.ts';
import type { DeadLetter } from '../../../lib/queue/deadLetters.ts';
import type { Parked } from '../../../lib/store/quarantineTable.ts';

/** Which records a redrive means; every member narrows. */
export type Selection = {
  readonly ids: readonly string[];
  readonly reason?: string | undefined;
  readonly source?: string | undefined;
  readonly shop?: string | undefined;
  /** Epoch ms: only what was seen last before. */
  readonly older?: number | undefined;
  readonly limit: number;
};

/** Whether a parked record is meant. Pure. */
export function isSelected(parked: Parked, { ids, reason, source, shop, older }: Selection): boolean {
  return (
    (ids.length === 0 || ids.includes(parked.quarantineId)) &&
    (reason === undefined || parked.reason === reason) &&
    (source === undefined || parked.source === source) &&
    (shop === undefined || parked.shop === shop) &&
    (older === undefined || Date.parse(parked.lastSeenAt) < older)
  );
}

/** Whether a dead letter is meant: by shop and age. Pure. */
export function isLetterSelected(
  { sentAt }: Pick<DeadLetter, 'sentAt'>,
  message: Pick<QueueMessage, 'shop'> | undefined,
  { shop, older }: Selection,
): boolean {
  return (shop === undefined || message?.shop === shop) && (older === undefined || sentAt < older);
}

export type Selected = {
  /** The oldest `limit` of the meant ones. */
  readonly selected: readonly Parked[];
  /** Named ids under which nothing is parked. */
  readonly absent: readonly string[];
};

/** What a redrive means of everything that is parked. */
export async function selectParked(parked: AsyncIterable<Parked>, selection: Selection): Promise<Selected> {
  const selected: Parked[] = [];
  const absent = new Set(selection.ids);
  for await (const one of parked) {
    absent.delete(one.quarantineId);
    if (isSelected(one, selection)) selected.push(one);
  }
  selected.sort((a, b) => (a.firstSeenAt < b.firstSeenAt ? -1 : 1));
  return { selected: selected.slice(0, selection.limit), absent: [...absent] };
}
