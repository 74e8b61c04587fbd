import type { Clock } from '../core/clock.ts';
import { toCarferryError } from '../core/errors.ts';
import { doesNotFit, LONGEST_AWAITED_BAN_MS } from './rateBudget.ts';
import { createWaiterQueue, type Waiter } from './rateBudgetQueue.ts';
import { createReach, PROBE_MS } from './rateBudgetReach.ts';
import { createSlotBook, type SlotAnswer, type SlotAsk, type SlotDemand } from './rateBudgetSlots.ts';

export type LineDeps = {
  readonly method: string;
  /** Between two slots, ms. */
  readonly intervalMs: number;
  /** Processes that share the limit when the row cannot be used. */
  readonly processes: number;
  readonly clock: Clock;
  readonly random: () => number;
  /** End of the ban known here, 0 without. */
  readonly bannedUntil: () => number;
  /** Asks the shared row; the answer also brought the bans. */
  readonly ask: (ask: SlotAsk) => Promise<SlotAnswer>;
  /** Looks up the bans. */
  readonly refresh: () => Promise<void>;
  readonly onLost: (reason: string) => void;
  readonly onFound: () => void;
};

export type RateBudgetLine = {
  join(waiter: Waiter): void;
  leave(waiter: Waiter): void;
  /** A ban has become known. */
  wake(): void;
};

/**
 * A call starts only when the bans were looked up within this time: with half a second for the process that met the
 * ban to write it down, nobody starts a call later than a second after that.
 */
const FRESH_MS = 500;
/** How long before a slot they are looked up again. */
const REFRESH_AHEAD_MS = 400;
const RETRY_MS = 200;

/** The calls of one (app key, method) in this process, and the slots reserved for them. */
export function createRateBudgetLine(deps: LineDeps): RateBudgetLine {
  const { clock, method } = deps;
  const shareMs = deps.intervalMs * deps.processes;
  const waiters = createWaiterQueue();
  const book = createSlotBook(deps.intervalMs, deps.random);
  const reach = createReach(clock, deps);
  /** When the bans were last looked up, by the time the question was sent. */
  let knownAt = Number.NEGATIVE_INFINITY;
  /** Next start without the shared row. */
  let shareAt: number | undefined;
  let isAsking = false;
  let isRefreshing = false;
  let isRunning = false;
  let nap: AbortController | undefined;
  /** When the loop looks again of itself. */
  let lookAt = 0;

  const wake = (): void => nap?.abort();

  async function sleepUntil(time: number): Promise<void> {
    nap = new AbortController();
    lookAt = time;
    await clock.sleep(Math.max(1, Math.ceil(time - clock.now())), nap.signal).catch(() => undefined);
    nap = undefined;
  }

  function refuseHopeless(now: number, ban: number): void {
    const isTooLong = ban - now > LONGEST_AWAITED_BAN_MS;
    const start = Math.max(book.count > 0 || reach.isLost() ? now : book.soonest(now, 0), ban);
    for (const waiter of waiters.takeOut(({ latest }) => isTooLong || start > latest)) {
      waiter.refuse(doesNotFit(method, ban, start));
    }
  }

  /** Without the row: this process's part of the limit. Answers when to look again. */
  function grantShare(now: number): number {
    book.giveUpAll();
    shareAt ??= reach.lostAt() + deps.random() * shareMs;
    if (shareAt > now) return shareAt;
    waiters.shift()?.grant();
    shareAt = now + shareMs;
    return shareAt;
  }

  /** Starts the calls whose time has come. Answers when to look again. */
  function grantSlots(now: number): number {
    shareAt = undefined;
    while (now - knownAt <= FRESH_MS && now >= knownAt && book.take(now)) waiters.shift()?.grant();
    if (book.next() - knownAt <= FRESH_MS) return Math.max(book.next(), now + 1);
    const refreshAt = book.next() - REFRESH_AHEAD_MS;
    if (refreshAt > now) return refreshAt;
    if (!isRefreshing) refresh(now);
    return now + FRESH_MS;
  }

  function refresh(now: number): void {
    isRefreshing = true;
    deps
      .refresh()
      .then(
        () => {
          knownAt = now;
        },
        // The slot is given up when its time has come; the next reservation finds out more.
        () => undefined,
      )
      .finally(() => {
        isRefreshing = false;
        wake();
      });
  }

  async function reserve(now: number, demand: SlotDemand): Promise<void> {
    const asked = book.ask(now, demand);
    const answer = await deps.ask(asked);
    knownAt = now;
    if (book.answered(asked, answer, demand.priority, clock.now()) === 'wrong') return reach.failed('clock');
    reach.succeeded();
    // Others may still go without the row.
    if (reach.quietUntil() > 0) book.giveUpAll();
  }

  function begin(now: number, demand: SlotDemand): void {
    isAsking = true;
    reserve(now, demand)
      .catch((thrown: unknown) => {
        reach.failed(toCarferryError(thrown).reason);
        book.failed(clock.now(), reach.isLost() ? PROBE_MS : RETRY_MS);
      })
      .finally(() => {
        isAsking = false;
        wake();
      });
  }

  async function run(): Promise<void> {
    if (isRunning) return;
    isRunning = true;
    while (waiters.length > 0) {
      const now = clock.now();
      const ban = deps.bannedUntil();
      book.giveUp(now, ban);
      refuseHopeless(now, ban);
      const blocked = Math.max(ban, reach.quietUntil());
      let next = blocked;
      if (blocked <= now) next = reach.isLost() ? grantShare(now) : grantSlots(now);
      const demand = waiters.demand();
      if (demand === undefined) break;
      const asksAt = blocked > now || isAsking ? Number.POSITIVE_INFINITY : book.asksAt(now, demand);
      if (asksAt <= now) begin(now, demand);
      else await sleepUntil(Math.min(next, asksAt, waiters.earliestEnd() + 1));
    }
    isRunning = false;
  }

  return {
    join(waiter) {
      const soonest = book.soonest(clock.now(), waiters.ahead(waiter.priority));
      const isOpen = deps.bannedUntil() === 0 && !reach.isLost();
      if (isOpen && soonest > waiter.latest) return waiter.refuse(doesNotFit(method, 0, soonest));
      waiters.add(waiter);
      // Else nothing is to be done for it before the loop looks again.
      const asksForMore = !isAsking && book.count < waiters.length;
      if (!isOpen || asksForMore || waiter.latest < lookAt) wake();
      void run();
    },
    leave(waiter) {
      waiters.remove(waiter);
      wake();
    },
    wake,
  };
}
