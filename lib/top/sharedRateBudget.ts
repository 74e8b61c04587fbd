import type { Clock } from '../core/clock.ts';
import { CarferryError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { LONGEST_AWAITED_BAN_MS, PACE, type RateBudget } from './rateBudget.ts';
import { createRateBudgetLine, type RateBudgetLine } from './rateBudgetLine.ts';
import type { Waiter } from './rateBudgetQueue.ts';
import type { SlotAsk } from './rateBudgetSlots.ts';

type Row = { readonly nextSlotAt: number; readonly blockedUntil: number };
type Reserved = { readonly outcome: 'reserved' | 'refused'; readonly row: Row };
type Key = { readonly appKey: string; readonly method: string };
type Slots = {
  readonly slots: number;
  readonly spanMs: number;
  readonly callsPerSecond: number;
  readonly now: number;
  readonly from: number;
};

/** The rows that all processes share; `BudgetsTable` of lib/store. */
export type BudgetStore = {
  extend(key: Key, request: Slots & { readonly latest: number }, signal?: AbortSignal): Promise<Reserved>;
  restart(
    key: Key,
    request: Slots & { readonly idleSince: number; readonly wrong?: number | undefined },
    signal?: AbortSignal,
  ): Promise<Reserved>;
  read(appKey: string, method: string): Promise<Row>;
  ban(appKey: string, method: string, until: number): Promise<void>;
};

export type SharedRateBudgetConfig = {
  readonly store: BudgetStore;
  /** The limit of a method. */
  readonly callsPerSecond: (method: string) => number;
  /** Processes that may call one method at once; while the rows cannot be used, each takes its part of the limit. */
  readonly processes: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Longest wait inside `acquire`; default 61 s. */
  readonly maxWaitMs?: number | undefined;
  /** 0 ≤ x < 1. */
  readonly random?: (() => number) | undefined;
};

/** A row that does not answer within this is taken for unreachable. */
const ANSWER_MS = 500;
/** Bans of the whole app are looked up with a reservation unless they were so lately. */
const APP_BAN_FRESH_MS = 100;
const WHOLE_APP = '*';

/**
 * Budget of all processes: starts are slots on a line of time in DynamoDB, 1 / (0.95 × limit) apart. Every
 * reservation brings the bans that others met. When the rows cannot be used, each process goes at its share of the
 * limit, never faster. Why it is made so: `docs/adr/0016-one-rate-budget.md`.
 */
export function createSharedRateBudget(config: SharedRateBudgetConfig): RateBudget {
  const { store, clock, log, maxWaitMs = LONGEST_AWAITED_BAN_MS, random = Math.random } = config;
  const lines = new Map<string, RateBudgetLine>();
  const bans = new Map<string, number>();
  /** Bans that are not in their row yet. */
  const unwritten = new Map<string, { readonly key: Key; readonly until: number }>();
  const appReads = new Map<string, { readonly sentAt: number; readonly done: Promise<void> }>();
  const nameOf = ({ appKey, method }: Key) => `${appKey} ${method}`;

  const bannedUntil = (appKey: string, method: string): number => {
    const own = bans.get(nameOf({ appKey, method })) ?? 0;
    const until = Math.max(own, bans.get(nameOf({ appKey, method: WHOLE_APP })) ?? 0);
    return until > clock.now() ? until : 0;
  };

  function learn(key: Key, until: number): void {
    const name = nameOf(key);
    if (until <= Math.max(clock.now(), bans.get(name) ?? 0)) return;
    bans.set(name, until);
    for (const line of lines.values()) line.wake();
  }

  async function withinTime<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const [late, done] = [new AbortController(), new AbortController()];
    const timer = clock.sleep(ANSWER_MS, done.signal).then(
      () => {
        late.abort();
        throw unanswered();
      },
      () => new Promise<never>(() => {}),
    );
    try {
      return await Promise.race([work(late.signal), timer]);
    } finally {
      done.abort();
    }
  }

  async function writeBans(): Promise<void> {
    for (const [name, { key, until }] of unwritten) {
      await store.ban(key.appKey, key.method, until);
      if (unwritten.get(name)?.until === until) unwritten.delete(name);
    }
  }

  /** Several lines share one look at the row of the app. */
  function readAppBan(appKey: string, now: number): Promise<void> {
    const known = appReads.get(appKey);
    if (known !== undefined && now - known.sentAt <= APP_BAN_FRESH_MS && now >= known.sentAt)
      return known.done;
    const key = { appKey, method: WHOLE_APP };
    const done = store.read(appKey, WHOLE_APP).then(({ blockedUntil }) => learn(key, blockedUntil));
    appReads.set(appKey, { sentAt: now, done });
    // A failed look is no look; whoever waits for it hears of it.
    done.catch(() => appReads.delete(appKey));
    return done;
  }

  async function readBans(key: Key): Promise<void> {
    const { appKey, method } = key;
    const [row] = await Promise.all([store.read(appKey, method), readAppBan(appKey, clock.now())]);
    learn(key, row.blockedUntil);
  }

  async function ask(key: Key, callsPerSecond: number, asked: SlotAsk, signal: AbortSignal) {
    if (unwritten.size > 0) await writeBans();
    const { kind, ...slots } = asked;
    const request = { ...slots, callsPerSecond };
    const [reserved] = await Promise.all([
      asked.kind === 'extend'
        ? store.extend(key, { ...request, latest: asked.latest }, signal)
        : store.restart(key, { ...request, idleSince: asked.idleSince, wrong: asked.wrong }, signal),
      readAppBan(key.appKey, asked.now),
    ]);
    learn(key, reserved.row.blockedUntil);
    return { isReserved: reserved.outcome === 'reserved', nextSlotAt: reserved.row.nextSlotAt };
  }

  function lineOf(key: Key): RateBudgetLine {
    const known = lines.get(nameOf(key));
    if (known !== undefined) return known;
    const { appKey, method } = key;
    const callsPerSecond = config.callsPerSecond(method);
    const line = createRateBudgetLine({
      method,
      intervalMs: 1000 / (callsPerSecond * PACE),
      processes: config.processes,
      clock,
      random,
      bannedUntil: () => bannedUntil(appKey, method),
      ask: (asked) => withinTime((signal) => ask(key, callsPerSecond, asked, signal)),
      refresh: () => withinTime(() => readBans(key)),
      onLost: (reason) => log.warn('rate-budget-alone', { appKey, method, reason, count: config.processes }),
      onFound: () => log.info('rate-budget-shared', { appKey, method }),
    });
    lines.set(nameOf(key), line);
    return line;
  }

  return {
    bannedUntil,
    acquire(appKey, method, { signal, deadline, priority = 'live' } = {}) {
      const line = lineOf({ appKey, method });
      const latest = Math.min(clock.now() + maxWaitMs, deadline ?? Number.POSITIVE_INFINITY);
      return new Promise<void>((resolve, reject) => {
        if (signal?.aborted === true) return reject(signal.reason);
        const leave = (): void => {
          line.leave(waiter);
          reject(signal?.reason);
        };
        const stay = (end: () => void) => () => {
          signal?.removeEventListener('abort', leave);
          end();
        };
        const waiter: Waiter = {
          priority,
          latest,
          grant: stay(resolve),
          refuse: (reason) => stay(() => reject(reason))(),
        };
        signal?.addEventListener('abort', leave, { once: true });
        line.join(waiter);
      });
    },
    async ban(appKey, method, until) {
      const key = { appKey, method };
      learn(key, until);
      unwritten.set(nameOf(key), { key, until: Math.max(until, bans.get(nameOf(key)) ?? 0) });
      // What cannot be written now is written before the next reservation.
      await withinTime(writeBans).catch(() => undefined);
    },
  };
}

function unanswered(): CarferryError {
  return new CarferryError({
    disposition: 'retry',
    reason: 'store-unavailable',
    message: 'table budgets: no answer in time',
  });
}
