import { CarferryError } from '../../lib/core/errors.ts';
import { toEpochMs, toIso } from '../../lib/domain/chinaTime.ts';
import type { Lane } from '../../lib/pull/lanes.ts';
import { type PullTradesDeps, pullTrades } from '../../lib/pull/pullTrades.ts';
import { createBench, DAY, MINUTE, NOON } from './bench.ts';
import { listTrades, type ModelTrade } from './worldModel.ts';

const LIVE = 'trades#shop#live';
const START = NOON - 2 * 60 * MINUTE;

type Stored = {
  modifiedAt: string;
  observedAt: string;
  hash: string;
  createdAt: string;
  status: string;
  owes: boolean;
};

/** Which of two observations of a trade stays: the rule of `lib/store/versions.ts`, written a second time. */
function greater(stored: Stored | undefined, seen: Stored): Stored {
  if (stored === undefined || stored.modifiedAt < seen.modifiedAt) return seen;
  if (stored.modifiedAt > seen.modifiedAt) return stored;
  if (stored.hash === seen.hash) {
    return {
      ...stored,
      observedAt: stored.observedAt > seen.observedAt ? stored.observedAt : seen.observedAt,
    };
  }
  if (stored.observedAt !== seen.observedAt) return stored.observedAt < seen.observedAt ? seen : stored;
  return stored.hash < seen.hash ? seen : stored;
}

export type HistoryWorld = ReturnType<typeof createHistoryWorld>;

/** An upstream that changes, two processes with clocks of their own, a queue without order, and a table. */
export function createHistoryWorld(mostRows: number) {
  const trades: ModelTrade[] = [];
  const skews = [0, 0];
  const table = new Map<string, Stored>();
  const acknowledged = new Set<number>();
  const watermarks: string[] = [];
  let wasAhead = false;
  let sendsRefused = 0;
  let effectsLeft = Number.POSITIVE_INFINITY;
  let isDead = false;
  const bench = createBench({
    mostRows,
    answer: (call) => listTrades(call.params, trades, bench.clock.now()),
    hook: (effect, when) => {
      if (when === 'before') effectsLeft -= 1;
      if (effect === 'send' && when === 'before' && sendsRefused > 0) {
        sendsRefused -= 1;
        throw new CarferryError({ disposition: 'retry', reason: 'queue-unavailable', message: 'no queue' });
      }
      // A dead process does nothing more, not even tidy up.
      if (isDead || effectsLeft <= 0) {
        isDead = true;
        throw new Error('killed');
      }
    },
  });
  const { clock, streams } = bench;

  function depsOf(process: number): PullTradesDeps {
    const now = (): number => clock.now() + (skews[process] ?? 0);
    return { ...bench.deps, clock: { now, sleep: clock.sleep } };
  }

  async function tick(
    process: number,
    lane: Lane,
    { dieAfter = Number.POSITIVE_INFINITY, fresh = false } = {},
  ) {
    const deps = depsOf(process);
    bench.versions.clear();
    for (const [id, { modifiedAt, hash, createdAt, owes }] of table) {
      bench.versions.set(id, { modifiedAt, hash, createdAt, owes });
    }
    isDead = false;
    effectsLeft = dieAfter;
    const until = fresh ? { until: toIso(deps.clock.now()), fresh } : {};
    const limits = { ...bench.limits(), deadline: deps.clock.now() + 10 * MINUTE };
    const { streams: reports } = await pullTrades(deps, { lane, from: toIso(START), ...until }, limits);
    isDead = false;
    effectsLeft = Number.POSITIVE_INFINITY;
    const watermark = streams.states.get(LIVE)?.watermark;
    if (watermark !== undefined && watermark !== watermarks.at(-1)) watermarks.push(watermark);
    return reports;
  }

  /** The nth message so far, perhaps once more; `owing`: what the trade owes gets lost, and no message tells of it. */
  function deliver(nth: number, owing: boolean): void {
    const index = nth % Math.max(1, bench.sent.length);
    const message = bench.sent[index];
    if (message?.kind !== 'trade') return;
    const { orderId, hash, observedAt, trade } = message;
    const { modifiedAt, createdAt, statusCode: status } = trade;
    const seen = { modifiedAt, observedAt, hash, createdAt, status, owes: true };
    const stored = greater(table.get(orderId), seen);
    table.set(orderId, { ...stored, owes: owing ? stored.owes : false });
    acknowledged.add(index);
  }

  return {
    bench,
    trades,
    tick,
    deliver,
    watermarks,
    live: () => streams.states.get(LIVE),
    wasAhead: () => wasAhead,
    create(count: number, lateMs: number): void {
      const at = Math.floor(clock.now() / 1000) * 1000;
      for (let n = 0; n < count; n += 1) {
        const id = String(4277659395456210000n + BigInt(trades.length));
        trades.push({ id, createdAt: at, modifiedAt: at, status: 'WAIT_BUYER_PAY', listedAt: at + lateMs });
      }
    },
    /** `silently`: the platform changes a trade and leaves `modified` as it was. */
    change(nth: number, status: string, silently: boolean): void {
      const trade = trades[nth % Math.max(1, trades.length)];
      if (trade === undefined) return;
      trade.status = status;
      if (!silently) trade.modifiedAt = Math.floor(clock.now() / 1000) * 1000;
    },
    /** The queue refuses the next `count` batches. */
    refuseSends(count: number): void {
      sendsRefused = count;
    },
    jump(process: number, skewMs: number): void {
      skews[process] = skewMs;
      if (skewMs > 0) wasAhead = true;
    },
    /** Everything comes to rest: true clocks, every message delivered, one pass of live and of each sweep. */
    async settle(): Promise<void> {
      skews.fill(0);
      sendsRefused = 0;
      // Behind every time that a clock which was ahead has left in the state.
      clock.move(DAY + 30 * MINUTE);
      for (let round = 0; round < 2; round += 1) {
        for (const lane of ['live', 'day', 'fortnight'] as const) {
          const reports = await tick(0, lane, { fresh: lane !== 'live' });
          for (const { state, reason = '' } of reports)
            if (state !== 'caught-up') throw new Error(`${lane} ${state} ${reason}`);
        }
        // The newest first.
        for (let index = bench.sent.length - 1; index >= 0; index -= 1) {
          if (!acknowledged.has(index)) deliver(index, false);
        }
        clock.move(10 * MINUTE);
      }
    },
    /** Trades that the table does not hold as the platform does, or that owe something. */
    untrue(): string[] {
      return trades
        .filter(({ id, modifiedAt, status }) => {
          const stored = table.get(id);
          return stored?.status !== status || toEpochMs(stored.modifiedAt) !== modifiedAt || stored.owes;
        })
        .map(({ id }) => id);
    },
    /** Settled trades before the watermark that nobody has and no open window of the ledger covers. */
    lost(): string[] {
      const watermark = toEpochMs(streams.states.get(LIVE)?.watermark ?? toIso(0));
      const sent = bench.sentIds();
      const isOpen = (at: number): boolean =>
        [...streams.ledger.values()].some(({ from, to }) => toEpochMs(from) <= at && at < toEpochMs(to));
      return trades
        .filter(
          ({ createdAt, listedAt = createdAt }) => createdAt < watermark && listedAt - createdAt < 2 * MINUTE,
        )
        .filter(({ id, createdAt }) => !sent.has(id) && !isOpen(createdAt))
        .map(({ id }) => id);
    },
    /** Seconds between the first and the last closed or open window of the live stream that none of them covers. */
    gaps(): string[] {
      const windows = [...streams.closed.values(), ...streams.ledger.values()]
        .filter(({ stream }) => stream === LIVE)
        .map(({ from, to }) => ({ from, to }))
        .sort((a, b) => toEpochMs(a.from) - toEpochMs(b.from));
      const found: string[] = [];
      let reached = windows[0]?.from;
      for (const { from, to } of windows) {
        if (reached !== undefined && toEpochMs(from) > toEpochMs(reached))
          found.push(`${reached} to ${from}`);
        if (reached === undefined || toEpochMs(to) > toEpochMs(reached)) reached = to;
      }
      return found;
    },
  };
}
