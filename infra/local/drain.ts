import type { Clock } from '../../lib/core/clock.ts';
import { CarferryError } from '../../lib/core/errors.ts';
import type { Due } from '../../lib/store/duesTable.ts';
import { refuseWrongApp, SLICE_MS } from './pulls.ts';
import { queueDepths } from './queueDepths.ts';
import { duesReportSchema, leadsReportSchema } from './reports.ts';
import type { System } from './system.ts';

const LOOK_AGAIN_MS = 200;
/** A round that moved fewer found little more than it cost; the next one waits until more has gathered. */
const WORTH_A_ROUND = 20;
const WAITED_OUT_MS = 65_000;

export type DrainDeps = {
  readonly system: System;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Batches and messages that event sources hold. */
  readonly inHand: () => number;
  /** Whether the pulls are still putting messages into the queues. */
  readonly pulling: () => boolean;
};

/**
 * Keeps lead checks and dues going until nothing is left that can be done now: pulls ended, queues empty, no due
 * waiting. Work that a short ban has put off is awaited; later dues are left.
 */
export async function drain(deps: DrainDeps): Promise<void> {
  const { system, clock, signal } = deps;
  while (!signal.aborted) {
    const wasPulling = deps.pulling();
    const moved = await moveDues(deps);
    if (moved === 0 && !wasPulling && (await isEmpty(deps))) {
      const waits = await soonest(system, clock.now());
      if (waits === undefined) return;
    }
    if (moved < WORTH_A_ROUND) await clock.sleep(LOOK_AGAIN_MS, signal).catch(() => {});
  }
}

/** One round of lead checks and dues; answers how many there were. */
async function moveDues({ system }: DrainDeps): Promise<number> {
  const limits = { timeoutMs: SLICE_MS };
  try {
    const [leads, dues] = await Promise.all([
      system.invoke('pullLeads', {}, limits).then((answer) => leadsReportSchema.parse(answer)),
      system.invoke('enqueueDues', {}, limits).then((answer) => duesReportSchema.parse(answer)),
    ]);
    for (const { reason } of leads.halted) refuseWrongApp(reason);
    const moved = leads.found + leads.none + dues.enqueued;
    return leads.more || dues.more ? Math.max(1, moved) : moved;
  } catch (error) {
    if (error instanceof CarferryError) refuseWrongApp(error.reason);
    throw error;
  }
}

async function isEmpty({ system, inHand }: DrainDeps): Promise<boolean> {
  if (inHand() > 0) return false;
  const depths = await queueDepths(system.sqs, system.queueUrls, system.wiring.queues);
  return inHand() === 0 && depths.every(({ waiting }) => waiting === 0);
}

/** Unfinished work whose time comes soon enough to wait for it. */
async function soonest(system: System, now: number): Promise<string | undefined> {
  const times: string[] = [];
  for await (const due of system.stores.dues.scan()) {
    const at = Date.parse(due.dueAt);
    if (at <= now || (isUnfinished(due) && at - now <= WAITED_OUT_MS)) times.push(due.dueAt);
  }
  return times.sort()[0];
}

/** A due that is not plain later work: a step still owed, or a lead never asked for. */
export function isUnfinished({ reason, attempts }: Due): boolean {
  return reason === 'owed' || (reason === 'leadCheck' && attempts === 0);
}
