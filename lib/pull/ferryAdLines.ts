import { toCarferryError } from '../core/errors.ts';
import type { AdLine } from '../domain/adLine.ts';
import type { Sender } from '../queue/sendBatch.ts';
import { inParallel } from './inParallel.ts';
import type { ReadAdRow } from './readAdRow.ts';
import type { RowParking, Seal } from './rowParking.ts';
import { type OutgoingRow, sendRows } from './sendRows.ts';
import type { Tally } from './streamReport.ts';
import { NO_ROWS, type WindowCounts } from './windowCounts.ts';

/** Reads and sealings at a time. */
const AT_ONCE = 10;

export type FerryAdLinesDeps = {
  readonly sender: Pick<Sender, 'send'>;
  readonly seal: Seal;
  readonly parking: RowParking;
  readonly adOrders: { linesOf(orderId: string): Promise<readonly Pick<AdLine, 'line' | 'hash'>[]> };
};

type AdRow = Extract<ReadAdRow, { ok: true }>;

/**
 * Brings the rows of one page where they belong: lines into the queue, unreadable rows into quarantine.
 * With `rereads`, lines that are stored with the same content go nowhere; with `onlyShop`, other sellers' lines.
 * Resolves when all is durable.
 */
export async function ferryAdLines(
  rows: readonly ReadAdRow[],
  context: { readonly rereads: boolean; readonly onlyShop?: string | undefined; readonly tally: Tally },
  deps: FerryAdLinesDeps,
): Promise<WindowCounts> {
  const { rereads, onlyShop, tally } = context;
  const lines = rows.filter((row) => row.ok);
  const known = rereads ? await storedHashes(lines, deps) : new Set<string>();
  const changed = lines
    .filter((row) => !known.has(versionOf(row.line.orderId, row.line)))
    .filter(({ line }) => onlyShop === undefined || line.shop === onlyShop);
  const outgoing = await inParallel(changed, AT_ONCE, (row) => sealed(row, deps.seal));
  const sendable = outgoing.filter((row) => row !== undefined);
  const parked = await sendRows(sendable, { sender: deps.sender, parking: deps.parking, tally });
  const unchanged = lines.length - sendable.length;
  tally.unchanged += unchanged;
  await deps.parking.heal(
    lines.flatMap(({ origin }) => (parked.has(origin.quarantineId) ? [] : [origin.quarantineId])),
  );
  for (const row of rows) {
    if (row.ok) continue;
    await deps.parking.park(row.origin, row.why);
    tally.parked += 1;
  }
  const enqueued = sendable.length - parked.size;
  const parkedRows = rows.length - lines.length + parked.size;
  return {
    ...NO_ROWS,
    distinct: rows.length,
    enqueued,
    unchanged,
    parked: parkedRows,
    missing: enqueued,
    present: unchanged,
  };
}

async function storedHashes(lines: readonly AdRow[], deps: FerryAdLinesDeps): Promise<Set<string>> {
  const orderIds = [...new Set(lines.map(({ line }) => line.orderId))];
  const stored = await inParallel(orderIds, AT_ONCE, async (orderId) =>
    (await deps.adOrders.linesOf(orderId)).map((line) => versionOf(orderId, line)),
  );
  return new Set(stored.flat());
}

function versionOf(orderId: string, { line, hash }: Pick<AdLine, 'line' | 'hash'>): string {
  return `${orderId} ${line} ${hash}`;
}

/** Nothing for an order whose key was erased. */
async function sealed({ line, origin }: AdRow, seal: Seal): Promise<OutgoingRow | undefined> {
  try {
    const sealedLine: AdLine = await seal(line, {
      kind: 'order',
      id: line.orderId,
      // Lines of one order share its key; the place tells them apart.
      facet: `adOrders.${line.line}`,
    });
    return { origin, message: { v: 1, kind: 'adLine', shop: line.shop, line: sealedLine } };
  } catch (thrown) {
    if (toCarferryError(thrown).disposition === 'skip') return undefined;
    throw thrown;
  }
}
