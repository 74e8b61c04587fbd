import { toCarferryError } from '../core/errors.ts';
import type { TradeFacet } from '../domain/tradeFacet.ts';
import type { Sender } from '../queue/sendBatch.ts';
import type { Found } from './compareTrades.ts';
import { inParallel } from './inParallel.ts';
import type { ReadTradeRow } from './readTradeRow.ts';
import type { RowParking, Seal } from './rowParking.ts';
import { type OutgoingRow, sendRows } from './sendRows.ts';
import type { Tally } from './streamReport.ts';
import type { RowOutcome } from './windowCounts.ts';

/** Comparisons and sealings at a time; each may have to read an order or make a data key. */
const AT_ONCE = 10;

export type FerryTradesDeps = {
  readonly sender: Pick<Sender, 'send'>;
  readonly seal: Seal;
  readonly parking: RowParking;
};

export type TradeRow = Extract<ReadTradeRow, { ok: true }>;

/** How the table stands to a row, and whether the row goes into the queue. */
export type Comparison = { readonly found: Found; readonly isSent: boolean };

/**
 * Brings the rows of one page where they belong: changed trades sealed into the queue, unreadable rows into
 * quarantine, unchanged ones nowhere. Resolves when all of it is durable.
 *
 * @returns what became of each row, in their order
 */
export async function ferryTrades(
  rows: readonly ReadTradeRow[],
  context: {
    /** May write to the table: nothing is sent before it has resolved for every row. */
    compare(row: TradeRow): Promise<Comparison>;
    readonly observedAt: string;
    readonly tally: Tally;
  },
  deps: FerryTradesDeps,
): Promise<RowOutcome[]> {
  const { compare, observedAt, tally } = context;
  const compared = await inParallel(rows, AT_ONCE, async (row) => {
    if (!row.ok) return { row, found: 'unreadable', isSent: false } as const;
    return { row, ...(await compare(row)) };
  });
  const outgoing = await inParallel(compared, AT_ONCE, ({ row, isSent }) =>
    row.ok && isSent ? sealed(row, observedAt, deps.seal) : Promise.resolve(undefined),
  );
  const present = outgoing.filter((row) => row !== undefined);
  const parked = await sendRows(present, { sender: deps.sender, parking: deps.parking, tally });
  await deps.parking.heal(
    rows.flatMap(({ ok, origin }) => (ok && !parked.has(origin.quarantineId) ? [origin.quarantineId] : [])),
  );
  for (const row of rows) {
    if (row.ok) continue;
    await deps.parking.park(row.origin, row.why);
    tally.parked += 1;
  }
  const outcomes = compared.map(({ row, found }, at): RowOutcome => {
    const isParked = !row.ok || parked.has(row.origin.quarantineId);
    if (isParked) return { found, done: 'parked' };
    // What was to be sent and could not be sealed belongs to an erased order: there is nothing to bring.
    return outgoing[at] === undefined ? { found: 'present', done: 'unchanged' } : { found, done: 'enqueued' };
  });
  tally.unchanged += outcomes.filter(({ done }) => done === 'unchanged').length;
  return outcomes;
}

/** Nothing for an order whose key was erased: it never gets another. */
async function sealed(row: TradeRow, observedAt: string, seal: Seal): Promise<OutgoingRow | undefined> {
  const { origin, hash } = row;
  const { orderId, shop } = row.trade;
  try {
    const trade: TradeFacet = await seal(row.trade, { kind: 'order', id: orderId, facet: 'trade' });
    return { origin, message: { v: 1, kind: 'trade', shop, orderId, observedAt, hash, trade } };
  } catch (thrown) {
    if (toCarferryError(thrown).disposition === 'skip') return undefined;
    throw thrown;
  }
}
