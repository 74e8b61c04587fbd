import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { toEpochMs, toIso } from '../domain/chinaTime.ts';
import type { StreamsTable } from '../store/streamsTable.ts';
import { announceProgress } from './announceProgress.ts';
import type { RunLimits } from './pullInput.ts';
import { MOST_ROWS, type PullSource } from './pullSource.ts';
import type { RunTime } from './runTime.ts';
import type { StreamLease } from './streamLease.ts';
import type { StoredWindow } from './streamMemory.ts';
import { type Beginning, beginLane, overlapOf, type StreamPlan } from './streamPlan.ts';
import type { Ending, Tally } from './streamReport.ts';
import { MOST_ATTEMPTS, type WindowEnd, walkWindow } from './walkWindow.ts';
import { type Bounds, halvedLength, LONGEST_WINDOW_MS, nextWindow, SHORTEST_WINDOW_MS } from './windows.ts';

/** Ledger rows are met again by every sweep, so one run does not insist. */
const LEDGER_ATTEMPTS = 2;

export type StreamWalkDeps = {
  readonly streams: Pick<StreamsTable, 'openWindow' | 'openWindows' | 'closeWindow'>;
  readonly lease: StreamLease;
  readonly limits: RunLimits;
  readonly time: RunTime;
  readonly tally: Tally;
  readonly clock: Clock;
  readonly log: Log;
};

export type StreamWalk = {
  /** Begins or continues the lane; answers its bounds. */
  begin(): Promise<Pick<Beginning, 'from' | 'to'>>;
  /** Walks window after window. */
  run(): Promise<Ending>;
};

/** The windows of one stream, one after the other; see DESIGN "Windows close". */
export function createStreamWalk(plan: StreamPlan, source: PullSource, deps: StreamWalkDeps): StreamWalk {
  const { lease, limits, time, tally, log, clock, streams } = deps;
  const { stream, lane } = plan;
  let beginning: Beginning = { from: plan.from, to: plan.until };
  let lengthMs: number | undefined;
  const open = new Set<string>();

  function noteOpen(window: { stream: string; from: string; to: string }, isOpen: boolean): void {
    if (isOpen) open.add(ledgerKey(window));
    else open.delete(ledgerKey(window));
    tally.openWindows = open.size;
  }

  async function begin() {
    beginning = beginLane(plan, lease.memory());
    if (beginning.patch !== undefined) await lease.save(beginning.patch);
    return beginning;
  }

  /** The window under way, or the next one, or none when the stream is at its end. */
  function windowToWalk(): StoredWindow | undefined {
    const memory = lease.memory();
    if (memory.window !== undefined) return memory.window;
    const watermark = memory.watermark === undefined ? beginning.from : toEpochMs(memory.watermark);
    const next = nextWindow({
      watermark,
      start: memory.startedFrom === undefined ? watermark : toEpochMs(memory.startedFrom),
      end: beginning.to,
      overlapMs: overlapOf(plan, memory, source.splitsAtMidnight),
      lengthMs: lengthMs ?? memory.lengthMs ?? LONGEST_WINDOW_MS,
      position: memory.position === undefined ? undefined : toEpochMs(memory.position),
      splitsAtMidnight: source.splitsAtMidnight,
    });
    return next && { from: toIso(next.from), to: toIso(next.to), attempts: 0, faults: 0 };
  }

  async function walk(window: StoredWindow): Promise<WindowEnd> {
    const bounds = boundsOf(window);
    const { watermark } = lease.memory();
    const rereads = lane !== 'live' || watermark === undefined || bounds.from < toEpochMs(watermark);
    const isOwn = window.ledger === undefined;
    return await walkWindow(source.walk({ bounds, lane, rereads, limits, tally }), window, {
      stream,
      time,
      log,
      mayNarrow: isOwn && bounds.to - bounds.from > SHORTEST_WINDOW_MS,
      mostAttempts: isOwn ? MOST_ATTEMPTS : LEDGER_ATTEMPTS,
      save: async (stored) => {
        await lease.save({ window: stored });
        announce();
      },
    });
  }

  function announce(): void {
    announceProgress(plan, { ...beginning, watermark: lease.memory().watermark }, deps);
  }

  /** Closes the stream's own window: only now does the watermark move. */
  async function advance(window: StoredWindow): Promise<void> {
    const { watermark } = lease.memory();
    const moves = watermark === undefined || toEpochMs(window.to) > toEpochMs(watermark);
    const length = { ...(lengthMs !== undefined && { lengthMs }) };
    await lease.save(
      moves
        ? { ...length, window: null, watermark: window.to, position: null, closedAt: toIso(clock.now()) }
        : { ...length, window: null, position: window.to },
    );
  }

  async function leaveOpen(window: StoredWindow, reason: string): Promise<void> {
    const { from, to } = window;
    await streams.openWindow({ stream, from, to, reason, openedAt: toIso(clock.now()) });
    noteOpen({ stream, from, to }, true);
    log.error('window-left-open', { stream, shop: plan.shop, from, to, reason });
    await advance(window);
  }

  /** A narrower try of the same time; the length grows again once windows are nearly empty. */
  async function narrow(window: StoredWindow): Promise<void> {
    lengthMs = halvedLength(boundsOf(window));
    if (lease.memory().window !== undefined) await lease.save({ window: null, lengthMs });
  }

  function grow(window: StoredWindow, rows: number): void {
    const { from, to } = boundsOf(window);
    const present = lengthMs ?? lease.memory().lengthMs;
    if (present === undefined || rows * 4 > MOST_ROWS || (to - from) * 2 < present) return;
    lengthMs = Math.min(LONGEST_WINDOW_MS, present * 2);
  }

  /** A row of the ledger as a window of this stream. */
  async function endLedgerWindow(window: StoredWindow, isClosed: boolean): Promise<void> {
    const { from, to, ledger = stream } = window;
    noteOpen({ stream: ledger, from, to }, !isClosed);
    if (isClosed) {
      await streams.closeWindow({ stream: ledger, from, to });
      log.info('window-closed-at-last', { stream: ledger, shop: plan.shop, from, to });
    } else {
      log.error('window-still-open', { stream: ledger, shop: plan.shop, from, to });
    }
    await lease.save({ window: null, ledgerAt: ledgerKey({ stream: ledger, from, to }) });
  }

  async function nextLedgerWindow(): Promise<StoredWindow | undefined> {
    const { ledgerAt = '' } = lease.memory();
    const rows = await streams.openWindows(plan.siblings);
    const [first] = rows
      .map((row) => ({ ...row, key: ledgerKey(row) }))
      .filter(({ key }) => key > ledgerAt)
      .sort((a, b) => (a.key < b.key ? -1 : 1));
    return first && { from: first.from, to: first.to, attempts: 0, faults: 0, ledger: first.stream };
  }

  async function run(): Promise<Ending> {
    if (beginning.isFinished === true) return { state: 'caught-up' };
    for (;;) {
      const window = windowToWalk() ?? (lane === 'live' ? undefined : await nextLedgerWindow());
      if (window === undefined) break;
      const walked = await walk(window);
      switch (walked.end) {
        case 'more':
          return { state: 'more' };
        case 'large':
          await narrow(window);
          break;
        case 'closed':
          tally.windows += 1;
          grow(window, walked.rows);
          await (window.ledger === undefined ? advance(window) : endLedgerWindow(window, true));
          break;
        case 'left-open':
          await (window.ledger === undefined
            ? leaveOpen(window, walked.reason)
            : endLedgerWindow(window, false));
          break;
      }
      announce();
    }
    if (lane !== 'live') {
      const swept = { from: toIso(beginning.from), to: toIso(beginning.to) };
      await lease.save({ sweep: null, swept, ledgerAt: null, finishedAt: toIso(clock.now()) });
    }
    return { state: 'caught-up' };
  }

  return { begin, run };
}

function boundsOf({ from, to }: Pick<StoredWindow, 'from' | 'to'>): Bounds {
  return { from: toEpochMs(from), to: toEpochMs(to) };
}

function ledgerKey({ stream, from, to }: { stream: string; from: string; to: string }): string {
  return `${from}#${to}#${stream}`;
}
