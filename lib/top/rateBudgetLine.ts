import type { Clock } from '../core/clock.ts';
import { toCarferryError } from '../core/errors.ts';
import { type CallPriority, doesNotFit, LONGEST_AWAITED_BAN_MS } from './rateBudget.ts';
import { createWaiterQueue, type Waiter } from './rateBudgetQueue.ts';
import { createReach, PROBE_MS } from './rateBudgetReach.ts';

/** A reservation that was asked for, and the row as it is now. */
export type SlotAnswer = { readonly isReserved: boolean; readonly nextSlotAt: number };

export type SlotAsk = {
  readonly slots: number;
  readonly spanMs: number;
  readonly now: number;
  readonly from: number;
} & (
  | { readonly kind: 'extend'; readonly latest: number }
  | { readonly kind: 'restart'; readonly idleSince: number; readonly wrong?: number | undefined }
);

export type LineDeps = {
  readonly method: string;
  /** Between two slots, ms. */
  readonly intervalMs: number;
  /** Processes that share the limit when the row cannot be used. */
  readonly processes: number;
  readonly clock: Clock;
  readonly random: () => number;
  /** End of the ban known here, 0 without; learns of newer ones with every answer. */
  readonly bannedUntil: () => number;
  /** Asks the shared row; every answer also brought the bans. */
  readonly ask: (ask: SlotAsk) => Promise<SlotAnswer>;
  readonly onLost: (reason: string) => void;
  readonly onFound: () => void;
};

/**
 * A slot may begin so far ahead: live calls go before sweeps because they may ask earlier. Together with
 * BLOCK_MS this bounds how long a reservation, and what it knew of bans, can live: well below a second.
 */
const HORIZON_MS: Readonly<Record<CallPriority, number>> = { live: 300, sweep: 100, backfill: 0 };
/** Length of the slots taken at once. */
const BLOCK_MS = 150;
/** Backfill leaves the line idle for so many times the slots it takes: half of the limit at most. */
const BACKFILL_REST = 1;
/** A slot reached later is given up: what starts late crowds the calls after it. 5 % of a second is all there is. */
const LATEST_START_MS = 20;
/** Slots are asked for as far ahead as an answer took lately. */
const LONGEST_LEAD_MS = 200;
/** Processes that wait for the same moment do not ask in the same millisecond. */
const JITTER_MS = 50;
const RETRY_MS = 200;
/** No honest clock reserves so far ahead; unchanged for a while, it is overwritten. */
const WRONG_AHEAD_MS = 5000;
const WRONG_FOR_MS = 2000;

export type RateBudgetLine = {
  join(waiter: Waiter): void;
  leave(waiter: Waiter): void;
  /** A ban has become known. */
  wake(): void;
};

/** The calls of one (app key, method) in this process, and the slots reserved for them. */
export function createRateBudgetLine(deps: LineDeps): RateBudgetLine {
  const { clock, intervalMs, random } = deps;
  const waiters = createWaiterQueue();
  const reach = createReach(clock, deps);
  const mostSlots = Math.max(1, Math.floor(BLOCK_MS / intervalMs));
  /** Begins of reserved slots, ascending. */
  let slots: number[] = [];
  /** The row's next slot as last seen. */
  let nextSlotAt = 0;
  let leadMs = 0;
  let askAt = 0;
  let isAsking = false;
  let wrong: { readonly at: number; readonly seenAt: number } | undefined;
  /** Next start without the shared row. */
  let shareAt: number | undefined;
  let isRunning = false;
  let nap: AbortController | undefined;

  const wake = (): void => nap?.abort();

  async function sleepUntil(time: number): Promise<void> {
    const ms = Math.ceil(time - clock.now());
    if (ms <= 0) return;
    nap = new AbortController();
    await clock.sleep(ms, nap.signal).catch(() => undefined);
    nap = undefined;
  }

  function refuseHopeless(now: number, ban: number): void {
    const isTooLong = ban - now > LONGEST_AWAITED_BAN_MS;
    for (const waiter of waiters.takeOut(({ latest }) => isTooLong || Math.max(now, ban) > latest)) {
      waiter.refuse(doesNotFit(deps.method, ban, Math.max(now, nextSlotAt)));
    }
  }

  /** Starts the calls whose time has come; answers when to look again. */
  function grant(now: number): number {
    if (reach.isLost()) {
      slots = [];
      shareAt ??= reach.lostAt() + random() * intervalMs * deps.processes;
      if (shareAt > now) return shareAt;
      waiters.shift()?.grant();
      shareAt = now + intervalMs * deps.processes;
      return waiters.length === 0 ? now : shareAt;
    }
    shareAt = undefined;
    while (slots[0] !== undefined && slots[0] <= now) {
      const isLate = now - slots[0] > LATEST_START_MS;
      slots.shift();
      if (!isLate) waiters.shift()?.grant();
    }
    return slots[0] ?? Number.POSITIVE_INFINITY;
  }

  /** When a reservation may succeed, as far as is known. */
  function opensAt(priority: CallPriority, spanMs: number): number {
    if (priority === 'backfill') return nextSlotAt + spanMs * BACKFILL_REST - leadMs;
    return nextSlotAt - HORIZON_MS[priority];
  }

  function request(now: number, priority: CallPriority, count: number): SlotAsk {
    const wanted = Math.min(mostSlots, Math.max(1, count));
    const spanMs = wanted * intervalMs;
    const from = now + leadMs;
    const head = { slots: wanted, spanMs, now, from };
    const isWrong = wrong !== undefined && wrong.at === nextSlotAt && now - wrong.seenAt >= WRONG_FOR_MS;
    if (isWrong) return { ...head, kind: 'restart', idleSince: from, wrong: nextSlotAt };
    if (priority === 'backfill') {
      return { ...head, kind: 'restart', idleSince: from - spanMs * BACKFILL_REST };
    }
    if (nextSlotAt < from) return { ...head, kind: 'restart', idleSince: from };
    return { ...head, kind: 'extend', latest: now + HORIZON_MS[priority] };
  }

  async function ask(now: number, priority: CallPriority, count: number): Promise<void> {
    const asked = request(now, priority, count);
    const answer = await deps.ask(asked);
    const answeredAt = clock.now();
    nextSlotAt = answer.nextSlotAt;
    if (answer.isReserved) {
      const tookMs = Math.max(0, answeredAt - now);
      leadMs = Math.min(LONGEST_LEAD_MS, Math.max(tookMs, 0.8 * leadMs + 0.2 * tookMs));
      wrong = undefined;
      const first = nextSlotAt - asked.spanMs;
      for (let slot = 0; slot < asked.slots; slot += 1) slots.push(first + slot * intervalMs);
    } else if (nextSlotAt - answeredAt > WRONG_AHEAD_MS + intervalMs) {
      if (wrong?.at !== nextSlotAt) wrong = { at: nextSlotAt, seenAt: answeredAt };
      askAt = answeredAt + PROBE_MS;
      return reach.failed('clock');
    }
    reach.succeeded();
    // Slots reserved while others may still go without the row are not used.
    if (reach.quietUntil() > 0) slots = [];
    const opens = opensAt(priority, asked.spanMs);
    askAt = opens > answeredAt ? opens + random() * JITTER_MS : answeredAt;
  }

  function begin(now: number): void {
    const head = waiters.head();
    if (head === undefined) return;
    isAsking = true;
    ask(now, head.priority, head.count - slots.length)
      .catch((thrown: unknown) => {
        reach.failed(toCarferryError(thrown).reason);
        askAt = clock.now() + (reach.isLost() ? PROBE_MS : RETRY_MS);
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
      refuseHopeless(now, ban);
      // A clock that was set back leaves slots in the far future.
      slots = slots.filter((slot) => slot >= ban && slot - now <= WRONG_AHEAD_MS);
      const blocked = Math.max(ban, reach.quietUntil());
      const next = blocked > now ? blocked : grant(now);
      if (waiters.length === 0) break;
      const isShort = slots.length < waiters.length && !isAsking;
      const asksAt = blocked > now || !isShort ? Number.POSITIVE_INFINITY : Math.min(askAt, now + PROBE_MS);
      if (asksAt <= now) begin(now);
      else await sleepUntil(Math.min(next, asksAt, waiters.earliestEnd() + 1));
    }
    isRunning = false;
  }

  return {
    join(waiter) {
      const behind = waiters.ahead(waiter.priority);
      const now = clock.now();
      const soonest = slots[behind] ?? Math.max(now, nextSlotAt) + (behind - slots.length) * intervalMs;
      if (deps.bannedUntil() === 0 && soonest > waiter.latest) {
        return waiter.refuse(doesNotFit(deps.method, 0, soonest));
      }
      waiters.add(waiter);
      wake();
      void run();
    },
    leave(waiter) {
      waiters.remove(waiter);
      wake();
    },
    wake,
  };
}
