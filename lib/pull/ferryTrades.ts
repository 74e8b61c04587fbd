import type { TradeFacet } from '../domain/tradeFacet.ts';
import type { Sender } from '../queue/sendBatch.ts';
import type { StoredVersion } from '../store/ordersTable.ts';
import { inParallel } from './inParallel.ts';
import type { ReadTradeRow } from './readTradeRow.ts';
import type { RowParking, Seal } from './rowParking.ts';
import { type OutgoingRow, sendRows } from './sendRows.ts';
import type { Tally } from './streamReport.ts';

/** Sealings at a time; each may have to make a data key. */
const SEALED_AT_ONCE = 10;

export type FerryTradesDeps = {
  readonly sender: Pick<Sender, 'send'>;
  readonly seal: Seal;
  readonly parking: RowParking;
};

type TradeRow = Extract<ReadTradeRow, { ok: true }>;

/**
 * Brings the rows of one page where they belong: changed trades sealed into the queue, unreadable rows into
 * quarantine, unchanged ones nowhere. Resolves when all of it is durable.
 */
export async function ferryTrades(
  rows: readonly ReadTradeRow[],
  context: {
    readonly versions: ReadonlyMap<string, StoredVersion>;
    readonly observedAt: string;
    readonly tally: Tally;
  },
  deps: FerryTradesDeps,
): Promise<void> {
  const { versions, observedAt, tally } = context;
  const trades = rows.filter((row) => row.ok);
  const changed = trades.filter((row) => !isUnchanged(row, versions));
  const outgoing = await inParallel(changed, SEALED_AT_ONCE, (row) => sealed(row, observedAt, deps.seal));
  await sendRows(outgoing, { sender: deps.sender, parking: deps.parking, tally });
  tally.unchanged += trades.length - changed.length;
  await deps.parking.heal(trades.map(({ origin }) => origin.quarantineId));
  for (const row of rows) {
    if (row.ok) continue;
    await deps.parking.park(row.origin, row.why);
    tally.parked += 1;
  }
}

/** Stored at this very version, with nothing left to do for it. */
function isUnchanged({ trade, hash }: TradeRow, versions: ReadonlyMap<string, StoredVersion>): boolean {
  const stored = versions.get(trade.orderId);
  return (
    stored !== undefined &&
    stored.modifiedAt === trade.modifiedAt &&
    stored.hash === hash &&
    stored.owes === false
  );
}

async function sealed(row: TradeRow, observedAt: string, seal: Seal): Promise<OutgoingRow> {
  const { origin, hash } = row;
  const { orderId, shop } = row.trade;
  const trade: TradeFacet = await seal(row.trade, { kind: 'order', id: orderId, facet: 'trade' });
  return { origin, message: { v: 1, kind: 'trade', shop, orderId, observedAt, hash, trade } };
}
