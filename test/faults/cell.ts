import * as z from 'zod';
import { holdAdvances } from './advances.ts';
import type { Bench } from './bench.ts';
import type { Fault } from './kinds.ts';
import { verdict } from './oracle.ts';
import { functionOf } from './points.ts';
import { restore, type Snapshot, takeSnapshot } from './snapshot.ts';
import { type Step, StuckError } from './step.ts';
import { FIRST, SECOND } from './story.ts';
import { type Aftermath, type Scene, strike } from './strike.ts';
import type { Finding } from './watch.ts';

/** One cell of the matrix: a fault at an effect of a step; with `second`, another one while it recovers. */
export type Cell = Fault & { readonly step: string; readonly second?: Fault | undefined };

export type CellResult = {
  readonly cell: Cell;
  /** False when the story never came to the effect. */
  readonly struck: boolean;
  readonly struckAgain: boolean;
  readonly findings: readonly Finding[];
  readonly ms: number;
};

/** The story without any fault: what each step does, and where it begins. */
export type Baseline = {
  /** How often each effect occurs in each step. */
  readonly effects: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly snapshots: ReadonlyMap<string, Snapshot>;
  readonly findings: readonly Finding[];
};

const canarySchema = z.looseObject({ phones: z.array(z.string()) });

export const PUSHED_LEADS = 2;
/** Long enough to come to the effect, short enough to wait for. */
const FREEZE_TIMEOUT_MS = 1_600;

export async function runBaseline(bench: Bench): Promise<Baseline> {
  const effects = new Map<string, Map<string, number>>();
  const snapshots = new Map<string, Snapshot>();
  const { moments } = await bench.begin();
  await prepare(bench, false);
  const findings: Finding[] = [];
  let counts = new Map<string, number>();
  bench.handling = (_role, { name }, forward) => {
    counts.set(name, (counts.get(name) ?? 0) + 1);
    return forward();
  };
  for (const [phase, steps] of [
    ['first', FIRST],
    ['second', SECOND],
  ] as const) {
    for (const step of steps) {
      const isFirst = phase === 'first' || step.name === 'later';
      snapshots.set(step.name, await takeSnapshot(bench, isFirst ? moments.first : moments.second));
      counts = new Map();
      effects.set(step.name, counts);
      await step.run(bench);
    }
    findings.push(...(await verdict(bench, moments[phase], { pushed: PUSHED_LEADS })));
  }
  return { effects, snapshots, findings };
}

export async function prepare(bench: Bench, isSecond: boolean): Promise<void> {
  const { moments, watch, control } = bench.ground();
  holdAdvances(bench, () => (isSecond ? moments.second : moments.first));
  const { phones } = await control('canaries').then((told) => canarySchema.parse(told));
  watch.canaries = phones;
}

/** Runs one cell: the story from the step on, the fault in it, the recovery, the verdict. */
export async function runCell(bench: Bench, cell: Cell, baseline: Baseline): Promise<CellResult> {
  const startedAt = performance.now();
  const isFirst = FIRST.some(({ name }) => name === cell.step);
  const story = isFirst ? FIRST : SECOND;
  const steps = story.slice(story.findIndex(({ name }) => name === cell.step));
  const { moments } = await bench.begin();
  const snapshot = baseline.snapshots.get(cell.step);
  if (snapshot !== undefined) await restore(bench, snapshot);
  await prepare(bench, !isFirst);
  // A duplicate that is loading while the first one waits would come too late to meet it.
  if (cell.kind === 'double') bench.worker('rival').tell({ kind: 'warm', name: functionOf(cell.step) });
  const faults = arm(bench, cell);
  const findings: Finding[] = [];
  try {
    for (const step of steps) {
      faults.enter(step);
      const isFrozen = cell.kind === 'freeze' && step.name === cell.step;
      await step.run(bench, 'subject', isFrozen ? FREEZE_TIMEOUT_MS : undefined);
    }
    await faults.settled();
    if ([cell, cell.second].some((fault) => fault?.kind === 'freeze')) {
      // Between invocations an environment stands still; this one would go on repeating what it was frozen in.
      bench.worker('subject').signal('SIGKILL');
      // What came late is taken like the rest: event sources never end.
      for (const step of steps.filter(({ isConsumer }) => isConsumer)) await step.run(bench);
    }
  } catch (thrown) {
    if (!(thrown instanceof StuckError)) throw thrown;
    findings.push({ kind: 'lost', what: thrown.message });
  }
  bench.handling = (_role, _exchange, forward) => forward();
  findings.push(...(await verdict(bench, moments[isFirst ? 'first' : 'second'], { pushed: PUSHED_LEADS })));
  const [struck = false, struckAgain = false] = faults.struck();
  return { cell, struck, struckAgain, findings, ms: performance.now() - startedAt };
}

/** Puts the faults of a cell in the way of the subject's requests. */
function arm(bench: Bench, cell: Cell) {
  const faults: readonly Fault[] = cell.second === undefined ? [cell] : [cell, cell.second];
  const struck: boolean[] = [];
  const running: Promise<unknown>[] = [];
  let [count, at] = [0, 0];
  let scene: Scene | undefined;
  /** What the fault does to the rest of its invocation. */
  let aftermath: { readonly endsAt: number; readonly apply: Aftermath } | undefined;

  bench.handling = (role, exchange, forward) => {
    if (scene === undefined) return forward();
    if (role === 'rival') return scene.rival?.(exchange, forward) ?? forward();
    if (aftermath !== undefined && aftermath.endsAt === bench.endsAt('subject')) {
      const reply = aftermath.apply(exchange, forward);
      if (reply !== undefined) return reply;
    }
    const fault = faults[at];
    if (fault === undefined || exchange.name !== fault.effect) return forward();
    if (at === 0 && scene.step.name !== cell.step) return forward();
    count += 1;
    if (count !== fault.nth) return forward();
    struck[at] = true;
    [at, count] = [at + 1, 0];
    const endsAt = bench.endsAt('subject');
    const striking = strike(fault.kind, scene, exchange, forward).then((result) => {
      if (result.aftermath !== undefined) aftermath = { endsAt, apply: result.aftermath };
      return result.reply;
    });
    running.push(striking.catch(() => undefined));
    return striking;
  };
  return {
    enter: (step: Step) => {
      scene = { bench, step, rival: undefined };
    },
    settled: () => Promise.all(running),
    struck: () => struck,
  };
}
