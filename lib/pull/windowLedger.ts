import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { toIso } from '../domain/chinaTime.ts';
import type { OpenWindowRow, WindowCounts as RowCounts } from '../store/streamState.ts';
import type { StreamsTable } from '../store/streamsTable.ts';
import type { StoredWindow } from './streamMemory.ts';
import type { StreamPlan } from './streamPlan.ts';
import type { Tally } from './streamReport.ts';
import type { WalkedWindow, WindowEnd } from './walkWindow.ts';
import type { WindowCounts } from './windowCounts.ts';

/** Every window of the ledger has been tried: behind all keys, which begin with a year. */
export const LEDGER_END = '~';

/** Order in which a sweep tries open windows. */
export function ledgerKey({ stream, from, to }: { stream: string; from: string; to: string }): string {
  return `${from}#${to}#${stream}`;
}

export type WindowLedgerDeps = {
  readonly streams: Pick<StreamsTable, 'openWindow' | 'openWindows' | 'closeWindow'>;
  readonly tally: Pick<Tally, 'openWindows'>;
  readonly clock: Clock;
  readonly log: Log;
};

/** What one run of a stream writes into the ledger and takes from it. */
export function createWindowLedger(plan: StreamPlan, { streams, tally, clock, log }: WindowLedgerDeps) {
  const { shop, lane } = plan;
  const open = new Set<string>();

  function note(row: { stream: string; from: string; to: string }, isOpen: boolean): void {
    if (isOpen) open.add(ledgerKey(row));
    else open.delete(ledgerKey(row));
    tally.openWindows = open.size;
  }

  return {
    /** Before the stream passes the window; a crash in between walks its end again and writes the same row. */
    async close(window: StoredWindow, { counts, total, attempts }: WalkedWindow): Promise<void> {
      const { from, to, ledger: stream = plan.stream } = window;
      const isFromLedger = window.ledger !== undefined;
      const wasOpen = isFromLedger || window.attempts > 0 || window.faults > 0;
      const row = { stream, from, to, lane, attempts, ...rowCounts(counts, total) };
      await streams.closeWindow({ ...row, closedAt: toIso(clock.now()) }, wasOpen);
      note({ stream, from, to }, false);
      if (isFromLedger) log.info('window-closed-at-last', { stream, shop, from, to });
    },

    /** Before the stream passes the window: from then on the ledger alone knows of it. */
    async leaveOpen(window: StoredWindow, end: Extract<WindowEnd, { end: 'left-open' }>): Promise<void> {
      const { from, to, ledger: stream = plan.stream } = window;
      const { reason, counts, attempts } = end;
      note({ stream, from, to }, true);
      if (window.ledger !== undefined) {
        log.error('window-still-open', { stream, shop, from, to, reason });
        return;
      }
      const openedAt = toIso(clock.now());
      await streams.openWindow({ stream, from, to, lane, reason, openedAt, attempts, ...rowCounts(counts) });
      log.error('window-left-open', { stream, shop, from, to, reason });
    },

    /** The first open window of this source and shop behind `key`. Rows that nobody can read stay open, loudly. */
    async nextAfter(key: string): Promise<OpenWindowRow | undefined> {
      const rows = await streams.openWindows(plan.siblings);
      const readable = rows.filter((row) => {
        if (row.unreadable !== true) return true;
        if (key === '')
          log.error('window-refused', { stream: row.stream, shop, reason: 'row-unreadable', hint: HINT });
        note(row, true);
        return false;
      });
      return readable
        .filter((row) => ledgerKey(row) > key)
        .sort((a, b) => (ledgerKey(a) < ledgerKey(b) ? -1 : 1))[0];
    },
  };
}

const HINT =
  'set the watermark of its stream to a time before the window: carferry streams set-watermark STREAM TIME';

function rowCounts({ distinct, enqueued, unchanged, parked }: WindowCounts, total?: number): RowCounts {
  return { distinct, enqueued, unchanged, parked, ...(total !== undefined && { total }) };
}
