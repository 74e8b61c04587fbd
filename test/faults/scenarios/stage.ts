import type { Bench } from '../bench.ts';
import { type Baseline, PUSHED_LEADS, prepare } from '../cell.ts';
import type { Role } from '../crew.ts';
import { verdict } from '../oracle.ts';
import { restore } from '../snapshot.ts';
import { type Step, StuckError } from '../step.ts';
import { FIRST, SECOND } from '../story.ts';
import type { Finding } from '../watch.ts';

/** The story as a scenario tells it: from a step on, with deeds of its own in between. */
export type Stage = {
  readonly bench: Bench;
  /** Fresh tables as the story has them before the step. */
  open(step: string): Promise<void>;
  /** Runs the named steps. */
  run(...steps: string[]): Promise<void>;
  /** One invocation of a step, whatever comes of it. */
  once(step: string, role?: Role): Promise<unknown>;
  /** Runs the story from a step to the end of its phase, then compares with the truth. */
  finish(from: string, options?: { readonly pushed?: number }): Promise<void>;
  /** Also the second phase, when the first has ended. */
  finishBoth(from: string): Promise<void>;
  /** Notes that something is not as it must be. */
  hold(isRight: boolean, what: string): void;
  /** Findings that this scenario means to have, by their text. */
  allow(what: RegExp): void;
  control(path: string, method?: string, body?: unknown): Promise<unknown>;
  findings(): readonly Finding[];
};

export type Scenario = (stage: Stage) => Promise<void>;

const STEPS = [...FIRST, ...SECOND];

export function createStage(bench: Bench, baseline: Baseline): Stage {
  const found: Finding[] = [];
  const allowed: RegExp[] = [];
  const stepNamed = (name: string): Step => {
    const step = STEPS.find((one) => one.name === name);
    if (step === undefined) throw new Error(`no step ${name}`);
    return step;
  };
  const isFirst = (name: string): boolean => FIRST.some((step) => step.name === name);

  async function judge(moment: 'first' | 'second', pushed: number): Promise<void> {
    found.push(...(await verdict(bench, bench.ground().moments[moment], { pushed })));
  }

  async function runAll(steps: readonly Step[]): Promise<void> {
    try {
      for (const step of steps) await step.run(bench);
    } catch (thrown) {
      if (!(thrown instanceof StuckError)) throw thrown;
      found.push({ kind: 'lost', what: thrown.message });
    }
  }

  const stage: Stage = {
    bench,
    open: async (name) => {
      await bench.begin();
      const snapshot = baseline.snapshots.get(name);
      if (snapshot !== undefined) await restore(bench, snapshot);
      await prepare(bench, !isFirst(name));
    },
    run: (...names) => runAll(names.map(stepNamed)),
    once: (name, role = 'subject') => stepNamed(name).once(bench, role),
    finish: async (from, { pushed = PUSHED_LEADS } = {}) => {
      const story = isFirst(from) ? FIRST : SECOND;
      await runAll(story.slice(story.findIndex(({ name }) => name === from)));
      await judge(isFirst(from) ? 'first' : 'second', pushed);
    },
    finishBoth: async (from) => {
      await runAll(FIRST.slice(FIRST.findIndex(({ name }) => name === from)));
      await prepare(bench, true);
      await stage.finish('later');
    },
    hold: (isRight, what) => {
      if (!isRight) found.push({ kind: 'lost', what });
    },
    allow: (what) => void allowed.push(what),
    control: (path, method, body) => bench.ground().control(path, method, body),
    findings: () => found.filter(({ what }) => !allowed.some((pattern) => pattern.test(what))),
  };
  return stage;
}
