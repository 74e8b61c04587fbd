import { toCarferryError } from '../core/errors.ts';
import type { QueueMessage } from '../domain/queueMessage.ts';
import type { Sender } from '../queue/sendBatch.ts';
import type { RowOrigin, RowParking } from './rowParking.ts';
import type { Tally } from './streamReport.ts';

export type OutgoingRow = { readonly message: QueueMessage; readonly origin: RowOrigin };

export type SendRowsDeps = {
  readonly sender: Pick<Sender, 'send'>;
  readonly parking: Pick<RowParking, 'park'>;
  readonly tally: Pick<Tally, 'enqueued' | 'parked'>;
};

/**
 * Resolves when the queue has every row. A row that no queue takes (too large) is parked and costs its
 * neighbours nothing.
 *
 * @returns the quarantine ids of rows that were parked instead
 * @throws CarferryError `retry` of the queue; then all rows are to be sent again.
 */
export async function sendRows(rows: readonly OutgoingRow[], deps: SendRowsDeps): Promise<Set<string>> {
  const parked = new Set<string>();
  if (rows.length === 0) return parked;
  try {
    await deps.sender.send(rows.map(({ message }) => message));
    deps.tally.enqueued += rows.length;
  } catch (thrown) {
    const error = toCarferryError(thrown);
    if (error.disposition !== 'park') throw error;
    const [row, ...others] = rows;
    if (row !== undefined && others.length === 0) {
      await deps.parking.park(row.origin, error);
      deps.tally.parked += 1;
      return parked.add(row.origin.quarantineId);
    }
    for (const one of rows) for (const id of await sendRows([one], deps)) parked.add(id);
  }
  return parked;
}
