import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { toEpochMs, toIso } from '../domain/chinaTime.ts';
import type { StreamPatch } from '../store/streamState.ts';
import { announceProgress } from './announceProgress.ts';
import { type CloseDayDeps, closeDay } from './closeDay.ts';
import type { RunLimits } from './pullInput.ts';
import { MOST_ROWS, type PullSource } from './pullSource.ts';
import type { RunTime } from './runTime.ts';
import type { StreamLease } from './streamLease.ts';
import type { StoredWindow } from './streamMemory.ts';
import { type Beginning, beginLane, overlapOf, type StreamPlan } from './streamPlan.ts';
import type { Ending, Tally } from './streamReport.ts';
import { dayWith, endsDay, type SweptWindow } from './sweptDays.ts';
import { MOST_ATTEMPTS, type WalkedWindow, type WindowEnd, walkWindow } from './walkWindow.ts';
import { createWindowLedger, LEDGER_END, ledgerKey, type WindowLedgerDeps } from './windowLedger.ts';
import { type Bounds, halvedLength, LONGEST_WINDOW_MS, nextWindow, SHORTEST_WINDOW_MS } from './windows.ts';

/** Ledger rows are met again by every sweep, so one run does not insist. */
const LEDGER_ATTEMPTS = 2;

export type StreamWalkDeps = {
  readonly streams: WindowLedgerDeps['streams'] & CloseDayDeps['streams'];
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

/** The windows of one stream, one after the other; each is closed, left open in the ledger, or goes on in the next run. */
export function createStreamWalk(plan: StreamPlan, source: PullSource, deps: StreamWalkDeps): StreamWalk {
  const { lease, limits, time, tally, clock, log } = deps;
  const { stream, lane } = plan;
  // A sweep counts by Beijing days.
  const splitsAtMidnight = source.splitsAtMidnight || lane !== 'live';
  const ledger = createWindowLedger(plan, deps);
  let beginning: Beginning = { from: plan.from, to: plan.until };
  let lengthMs: number | undefined;

  async function begin() {
    beginning = beginLane(plan, lease.memory());
    if (beginning.patch !== undefined) await lease.save(beginning.patch);
    return beginning;
  }

  /** The stream's next own window, or none when it is at its end. */
  function windowToWalk(): StoredWindow | undefined {
    const memory = lease.memory();
    const watermark = memory.watermark === undefined ? beginning.from : toEpochMs(memory.watermark);
    const next = nextWindow({
      watermark,
      start: memory.startedFrom === undefined ? watermark : toEpochMs(memory.startedFrom),
      end: beginning.to,
      overlapMs: overlapOf(plan, memory, source.splitsAtMidnight),
      lengthMs: lengthMs ?? memory.lengthMs ?? LONGEST_WINDOW_MS,
      position: memory.position === undefined ? undefined : toEpochMs(memory.position),
      splitsAtMidnight,
    });
    return next && { from: toIso(next.from), to: toIso(next.to), attempts: 0, faults: 0 };
  }

  async function walk(window: StoredWindow): Promise<WindowEnd> {
    const bounds = boundsOf(window);
    const { watermark } = lease.memory();
    const rereads = lane !== 'live' || watermark === undefined || bounds.from < toEpochMs(watermark);
    const isOwn = window.ledger === undefined;
    const { reask = true } = plan;
    return await walkWindow(
      source.walk({ bounds, lane, rereads, reask, onlyShop: plan.onlyShop, limits, tally }),
      window,
      {
        stream,
        time,
        log,
        mayNarrow: isOwn && bounds.to - bounds.from > SHORTEST_WINDOW_MS,
        mostAttempts: isOwn ? MOST_ATTEMPTS : LEDGER_ATTEMPTS,
        save: async (stored) => {
          await lease.save({ window: stored });
          announce();
        },
      },
    );
  }

  function announce(): void {
    announceProgress(plan, { ...beginning, watermark: lease.memory().watermark }, deps);
  }

  /**
   * Passes the stream's own window: only now does the watermark move. What others shall find when they see it
   * moved is written before: the ledger row, and the manifest of a day that ends here. A crash before the move
   * writes the same rows again.
   */
  async function advance(window: StoredWindow, swept: SweptWindow | undefined): Promise<void> {
    const { watermark } = lease.memory();
    const moves = watermark === undefined || toEpochMs(window.to) > toEpochMs(watermark);
    const length = { ...(lengthMs !== undefined && { lengthMs }), ...(await sweptDayAfter(window, swept)) };
    await lease.save(
      moves
        ? { ...length, window: null, watermark: window.to, position: null, closedAt: toIso(clock.now()) }
        : { ...length, window: null, position: window.to },
    );
  }

  /** Counts the window to its day, and closes the day when it was the last. */
  async function sweptDayAfter(window: StoredWindow, swept: SweptWindow | undefined): Promise<StreamPatch> {
    const { shop } = plan;
    if (lane === 'live' || shop === undefined) return {};
    const bounds = boundsOf(window);
    const memory = lease.memory();
    const day = dayWith(memory.sweptDay, bounds, swept);
    const isOver = endsDay(bounds);
    const isToday = lane === 'reconcile' && bounds.to >= beginning.to;
    if (!isOver && !isToday) return { sweptDay: day };
    if (day.isWhole) {
      const sweep = `${stream}@${memory.sweep?.begunAt ?? memory.sweep?.from}`;
      await closeDay(day, { ...plan, shop }, { sweep, isOver }, deps);
    }
    return { sweptDay: null };
  }

  async function pass(window: StoredWindow, walked: WalkedWindow): Promise<void> {
    await ledger.close(window, walked);
    if (walked.counts.foreignSeller > 0) {
      const { from, to } = window;
      const count = walked.counts.foreignSeller;
      log.warn('trade-drift', { stream, shop: plan.shop, reason: 'foreignSeller', count, from, to });
    }
    if (window.ledger === undefined) await advance(window, walked);
    else await lease.save({ window: null, ledgerAt: ledgerKey({ ...window, stream: window.ledger }) });
  }

  async function leaveOpen(
    window: StoredWindow,
    end: Extract<WindowEnd, { end: 'left-open' }>,
  ): Promise<void> {
    await ledger.leaveOpen(window, end);
    if (window.ledger === undefined) await advance(window, undefined);
    else await lease.save({ window: null, ledgerAt: ledgerKey({ ...window, stream: window.ledger }) });
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

  /** Windows that were given up go first: a day is green only when none of its windows is open. */
  async function ledgerWindow(): Promise<StoredWindow | undefined> {
    const { ledgerAt = '' } = lease.memory();
    if (lane === 'live' || ledgerAt === LEDGER_END) return undefined;
    const row = await ledger.nextAfter(ledgerAt);
    if (row === undefined) await lease.save({ ledgerAt: LEDGER_END });
    return row && { from: row.from, to: row.to, attempts: 0, faults: 0, ledger: row.stream };
  }

  async function run(): Promise<Ending> {
    if (beginning.isFinished === true) return { state: 'caught-up' };
    for (;;) {
      const window = lease.memory().window ?? (await ledgerWindow()) ?? windowToWalk();
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
          await pass(window, walked);
          break;
        case 'left-open':
          await leaveOpen(window, walked);
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
