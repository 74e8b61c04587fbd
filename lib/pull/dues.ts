import type { Clock } from '../core/clock.ts';
import { publishGauge } from '../core/telemetry.ts';
import { toEpochMs } from '../domain/chinaTime.ts';
import type { Step } from '../domain/order.ts';
import type { Sender } from '../queue/sendBatch.ts';
import type { Due, DueReason, DuesTable } from '../store/duesTable.ts';
import { inParallel } from './inParallel.ts';
import type { DuesInput, RunLimits } from './pullInput.ts';
import { createRunTime } from './runTime.ts';

const BATCH = 100;
const AT_ONCE = 10;

/**
 * Works on every due up to `until`, ten at a time, batch by batch, each once; the index they come from may
 * be a moment behind. Answers false when `isShort` ended it.
 */
export async function takeDues(options: {
  readonly dues: Pick<DuesTable, 'due'>;
  readonly reasons: readonly DueReason[];
  /** Epoch milliseconds. */
  readonly until: number;
  readonly isShort: () => boolean;
  readonly work: (due: Due) => Promise<void>;
}): Promise<boolean> {
  const { dues, reasons, until, isShort, work } = options;
  /** Those the index still shows although they are done. */
  let done = new Set<string>();
  for (;;) {
    if (isShort()) return false;
    const limit = BATCH + done.size;
    const found = await dues.due(reasons, until, limit);
    const fresh = found.filter((due) => !done.has(nameOf(due)));
    if (done.size === 0) tellDelay(found[0], until);
    if (fresh.length === 0) return true;
    let isEnded = false;
    await inParallel(fresh, AT_ONCE, async (due) => {
      if (isEnded || isShort()) {
        isEnded = true;
        return;
      }
      await work(due);
    });
    if (isEnded) return false;
    // Fewer than asked for: there was no other, and what comes meanwhile is the next run's.
    if (found.length < limit) return true;
    const shown = new Set(found.map(nameOf));
    done = new Set([...done].filter((name) => shown.has(name)));
    for (const due of fresh) done.add(nameOf(due));
  }
}

/** How late the work is: the oldest due of a run, when it begins. */
function tellDelay(oldest: Due | undefined, now: number): void {
  const late = oldest === undefined ? 0 : Math.max(0, now - toEpochMs(oldest.dueAt));
  publishGauge({ name: 'DuesBehindSeconds', value: late / 1000 });
}

function nameOf({ orderId, reason, dueAt, attempts }: Due): string {
  return `${orderId} ${reason} ${dueAt} ${attempts}`;
}

export type EnqueueDuesDeps = {
  readonly dues: Pick<DuesTable, 'due' | 'remove'>;
  readonly sender: Pick<Sender, 'send'>;
  readonly clock: Clock;
};

/** Steps of a due that names none; those the order still owes are done as well. */
const STEPS_OF: Record<Exclude<DueReason, 'leadCheck'>, readonly Step[]> = {
  owed: [],
  carCheck: ['car'],
  openOrder: ['car', 'attribution'],
};

/**
 * Sends orders whose time has come back to the orders queue. A due is removed only after the queue accepted
 * it, and only as it was seen: one that was put anew meanwhile stays.
 */
export async function enqueueDues(
  deps: EnqueueDuesDeps,
  input: DuesInput,
  limits: RunLimits,
): Promise<{ enqueued: number; more: boolean }> {
  const { dues, sender, clock } = deps;
  const time = createRunTime(clock, limits);
  let enqueued = 0;
  const ended = await takeDues({
    dues,
    reasons: ['owed', 'carCheck', 'openOrder'],
    until: input.until === undefined ? clock.now() : toEpochMs(input.until),
    isShort: time.isShort,
    work: async (due) => {
      const { orderId, shop, reason } = due;
      if (reason === 'leadCheck') return;
      const steps = [...(due.steps ?? STEPS_OF[reason])];
      await sender.send([{ v: 1, kind: 'due', shop, orderId, reason, steps }]);
      await dues.remove(due);
      enqueued += 1;
    },
  });
  return { enqueued, more: !ended };
}
