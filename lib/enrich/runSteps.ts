import { type CarferryError, toCarferryError } from '../core/errors.ts';
import type { OrderRecord, Step } from '../domain/order.ts';
import type { FacetValues, StepDefinition, StepInput } from './defineStep.ts';
import { attribution } from './steps/attribution.ts';
import { type CarDeps, car } from './steps/car.ts';
import { items } from './steps/items.ts';
import { lead } from './steps/lead.ts';

type DepsOf<Definition> = Definition extends StepDefinition<infer Deps> ? Deps : never;

export type StepsDeps = CarDeps & DepsOf<typeof items> & DepsOf<typeof attribution> & DepsOf<typeof lead>;

/** Every enrichment; adding one is adding a file and its line here. */
const DEFINITIONS = { car, items, attribution, lead };

/** How one step ended. */
export type StepResult = {
  readonly step: Step;
  readonly method: string | undefined;
  readonly onFailure: 'fail' | 'leaveGap';
} & (
  | { readonly ok: true; readonly values: FacetValues }
  | { readonly ok: false; readonly error: CarferryError }
);

/** Result of an earlier pass and what it was made from: usable as long as neither has changed. */
type Made = { readonly basis: string; readonly result: StepResult };

/**
 * Runs steps side by side, one failure costing the others nothing. One runner serves one record: what an
 * earlier pass has fetched is used again while the trade and the facet are still as they were then.
 */
export function createStepRunner(deps: StepsDeps) {
  const made = new Map<Step, Made>();

  async function runStep(step: Step, input: StepInput): Promise<StepResult> {
    const { method, onFailure, run } = DEFINITIONS[step];
    const head = { step, method, onFailure };
    try {
      return { ...head, ok: true, values: await run(input, deps) };
    } catch (thrown) {
      return { ...head, ok: false, error: toCarferryError(thrown) };
    }
  }

  return async function runSteps(steps: readonly Step[], input: StepInput): Promise<StepResult[]> {
    return Promise.all(
      steps.map(async (step) => {
        const basis = basisOf(step, input.order);
        const earlier = made.get(step);
        if (earlier?.basis === basis) return earlier.result;
        const result = await runStep(step, input);
        made.set(step, { basis, result });
        return result;
      }),
    );
  };
}

function basisOf(step: Step, order: OrderRecord): string {
  return JSON.stringify([order.tradeModifiedAt, order.hash, order[`${step}Rev`] ?? 0]);
}
