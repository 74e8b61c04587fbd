import type { Clock } from '../core/clock.ts';
import type { CarferryError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { toIso } from '../domain/chinaTime.ts';
import type { OrderRecord, Step } from '../domain/order.ts';
import type { StepResult } from './runSteps.ts';
import type { DuesStore, QuarantineStore } from './stores.ts';

/** A ban that ends sooner is left to the queue's visibility; a longer wait goes through `dues`. */
const SHORT_BAN_MS = 60_000;
/** When a halted step is tried again: the session may have been renewed by then. */
const HALT_PAUSE_MS = 10 * 60_000;

export type FailureDeps = {
  readonly dues: DuesStore;
  readonly quarantine: QuarantineStore;
  readonly clock: Clock;
  readonly log: Log;
};

type FailedStep = Extract<StepResult, { ok: false }>;

/** True when the order goes on without this step; false when the record is tried again as a whole. */
export function leavesGap({ onFailure, error }: FailedStep, now: number): boolean {
  if (onFailure === 'fail') return false;
  switch (error.disposition) {
    case 'park':
    case 'halt':
      return true;
    case 'defer':
      return (error.until ?? now) - now > SHORT_BAN_MS;
    case 'retry':
    case 'skip':
      return false;
  }
}

/** What worked again leaves quarantine, before its gap goes: a crash between the two repeats both. */
export async function resolveHealed(
  order: OrderRecord,
  results: readonly StepResult[],
  { quarantine }: FailureDeps,
): Promise<void> {
  for (const { ok, step, method } of results) {
    if (ok && method !== undefined && order.gaps[step] !== undefined) {
      await quarantine.resolve(quarantineIdOf(method, order.orderId));
    }
  }
}

/**
 * Makes every failed step somebody's work, after its gap has been written: parked ones in quarantine, halted
 * and banned ones in `dues`.
 * @returns the error for which the record itself must come back, if any
 */
export async function handOverFailures(
  order: OrderRecord,
  results: readonly StepResult[],
  deps: FailureDeps,
): Promise<CarferryError | undefined> {
  const { orderId, shop } = order;
  const now = deps.clock.now();
  const waiting: { step: Step; until: number }[] = [];
  let failed: CarferryError | undefined;
  for (const result of results) {
    if (result.ok) continue;
    const { step, error } = result;
    const source = result.method ?? step;
    const { reason, disposition, field, hint } = error;
    deps.log.warn('step-failed', { orderId, shop, step, method: source, reason, disposition, field, hint });
    if (!leavesGap(result, now)) failed ??= error;
    else if (disposition === 'park') {
      await deps.quarantine.park({ ...parking(error, source, order), seenAt: toIso(now) });
    } else {
      waiting.push({ step, until: error.until ?? now + HALT_PAUSE_MS });
    }
  }
  if (waiting.length > 0) {
    const until = Math.min(...waiting.map((wait) => wait.until));
    const steps = waiting.map((wait) => wait.step);
    await deps.dues.put({ orderId, reason: 'owed', dueAt: toIso(until), shop, attempts: 0, steps });
  }
  return failed;
}

function parking(error: CarferryError, source: string, { orderId, shop }: OrderRecord) {
  const { reason, field, hint } = error;
  const head = { quarantineId: quarantineIdOf(source, orderId), source, shop, orderId, reason, field };
  if (reason !== 'unexpected-shape') return { ...head, hint };
  return { ...head, expected: hint, hint: 'the reply is not as documented; it is asked for again by itself' };
}

function quarantineIdOf(method: string, orderId: string): string {
  return `${method}#${orderId}`;
}
