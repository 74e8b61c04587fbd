import { type CarferryError, toCarferryError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { toEpochMs, toIso } from '../domain/chinaTime.ts';
import type { Sender } from '../queue/sendBatch.ts';
import type { Due, DuesTable } from '../store/duesTable.ts';
import { aliautoLeadInfoGet } from '../top/apis/aliautoLeadInfoGet.ts';
import { createAppGate } from './appGate.ts';
import { type CheckLeadDeps, checkLead, type LeadAnswer, type LeadShop } from './checkLead.ts';
import { takeDues } from './dues.ts';
import { nextLeadCheck, pauseAfterFault } from './leadSchedule.ts';
import type { DuesInput, RunLimits } from './pullInput.ts';
import { createRowParking, type RowParkingDeps } from './rowParking.ts';
import { createRunTime } from './runTime.ts';

/** A halted shop is asked again then: its session may have been renewed. */
const HALT_PAUSE_MS = 10 * 60_000;
/** Tries of one order within a run. */
const MOST_TRIES = 3;
/** A ban that ends sooner is awaited by the next run, without moving the due. */
const SHORT_BAN_MS = 61_000;

export type LeadChecksDeps = CheckLeadDeps &
  RowParkingDeps & {
    readonly dues: Pick<DuesTable, 'due' | 'reschedule' | 'remove'>;
    readonly sender: Pick<Sender, 'send'>;
    readonly shops: readonly LeadShop[];
    readonly log: Log;
  };

export type LeadHalt = {
  readonly shop: string;
  readonly reason: string;
  /** `app`: no call of this app can succeed. */
  readonly scope?: 'session' | 'app';
};

/** What one run of lead checks did. */
export type LeadChecksReport = {
  /** Orders that TOP gave an answer for. */
  checked: number;
  found: number;
  none: number;
  /** Leads that could not be read. */
  parked: number;
  /** Put off by a long ban. */
  deferred: number;
  /** Of a long ban: calling earlier is useless. */
  until?: string;
  halted: LeadHalt[];
  failed: number;
  /** The deadline came first; call again. */
  more: boolean;
};

/**
 * Asks TOP for the lead of every order whose check is due. Each answer is in the queue before its due
 * changes, so a crash in between asks once more and loses nothing.
 */
export async function runLeadChecks(
  deps: LeadChecksDeps,
  input: DuesInput,
  limits: RunLimits,
): Promise<LeadChecksReport> {
  const { clock, dues, log, sender } = deps;
  const checking = { ...deps, top: createAppGate(deps.top) };
  const parking = createRowParking(aliautoLeadInfoGet.method, deps);
  const time = createRunTime(clock, limits);
  const report: LeadChecksReport = {
    checked: 0,
    found: 0,
    none: 0,
    parked: 0,
    deferred: 0,
    halted: [],
    failed: 0,
    more: false,
  };
  let isStopped = false;

  /** Moves the due without counting an attempt. */
  async function putOff(due: Due, until: number): Promise<void> {
    await dues.reschedule(due, { dueAt: toIso(until), attempts: due.attempts });
  }

  /** Counts the attempt: the next check, or none after the last. */
  async function pass(due: Due): Promise<void> {
    const next = nextLeadCheck(due, clock.now());
    if (next === undefined) await dues.remove(due);
    else await dues.reschedule(due, { dueAt: toIso(next.dueAt), attempts: next.attempts });
  }

  function noteHalt(halt: LeadHalt): void {
    if (report.halted.some(({ shop, reason }) => shop === halt.shop && reason === halt.reason)) return;
    report.halted.push(halt);
  }

  async function onFailure(due: Due, error: CarferryError, tries: number): Promise<void> {
    const { orderId, shop } = due;
    const { disposition, reason, field, hint, scope } = error;
    if (time.isOver(error)) {
      isStopped = true;
      report.more = true;
      return;
    }
    switch (disposition) {
      case 'halt':
        noteHalt({ shop, reason, ...(scope !== undefined && { scope }) });
        if (scope === 'app') isStopped = true;
        else await putOff(due, clock.now() + HALT_PAUSE_MS);
        return;
      case 'defer': {
        const until = error.until ?? clock.now() + SHORT_BAN_MS;
        isStopped = true;
        report.deferred += 1;
        report.until = toIso(until);
        if (until - clock.now() > SHORT_BAN_MS) await putOff(due, until);
        else report.more = true;
        return;
      }
      case 'park': {
        const origin = { quarantineId: quarantineIdOf(orderId), shop, orderId, raw: { order_id: orderId } };
        await parking.park(origin, { reason, field, ...explained(error) });
        report.parked += 1;
        await pass(due);
        return;
      }
      case 'retry':
      case 'skip':
        if (tries < MOST_TRIES) return await check(due, tries + 1);
        log.warn('lead-check-failed', { orderId, shop, reason, field, hint });
        report.failed += 1;
        await putOff(due, clock.now() + pauseAfterFault(due, clock.now()));
        return;
    }
  }

  async function check(due: Due, tries = 1): Promise<void> {
    const { orderId } = due;
    const shop = deps.shops.find(({ sellerNick }) => sellerNick === due.shop);
    if (shop === undefined) {
      noteHalt({ shop: due.shop, reason: 'unknown-shop' });
      return await putOff(due, clock.now() + HALT_PAUSE_MS);
    }
    let answer: LeadAnswer;
    try {
      answer = await checkLead(shop, orderId, limits, checking);
    } catch (thrown) {
      return await onFailure(due, toCarferryError(thrown), tries);
    }
    report.checked += 1;
    await deliver(due, answer);
  }

  /** The answer into the queue, then the due: a crash in between asks once more. */
  async function deliver(due: Due, { lead, observedAt }: LeadAnswer): Promise<void> {
    const { orderId, shop } = due;
    if (lead !== undefined) await sender.send([{ v: 1, kind: 'lead', shop, lead }]);
    else if (due.attempts === 0) await sender.send([{ v: 1, kind: 'noLead', shop, orderId, observedAt }]);
    await parking.heal([quarantineIdOf(orderId)]);
    if (lead !== undefined) await dues.remove(due);
    else await pass(due);
    if (lead !== undefined) report.found += 1;
    else report.none += 1;
  }

  const until = input.until === undefined ? clock.now() : toEpochMs(input.until);
  const work = (due: Due): Promise<void> =>
    check(due).catch((thrown: unknown) => {
      // Our own queue or table is away: the due stays as it is, and the next run asks again.
      const { reason, disposition } = toCarferryError(thrown);
      log.error('lead-check-failed', { orderId: due.orderId, shop: due.shop, reason, disposition });
      report.failed += 1;
    });
  const isShort = (): boolean => isStopped || time.isShort();
  const ended = await takeDues({ dues, reasons: ['leadCheck'], until, isShort, work });
  if (!ended && !isStopped) report.more = true;
  return report;
}

/** A shape error carries what was expected as its hint. */
function explained({ reason, hint, message }: CarferryError) {
  if (reason !== 'unexpected-shape') return { expected: message, hint };
  return { expected: hint, hint: 'the reply is not as documented; it is asked for again by itself' };
}

function quarantineIdOf(orderId: string): string {
  return `${aliautoLeadInfoGet.method}#${orderId}`;
}
