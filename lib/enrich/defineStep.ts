import type { AttributionFacet } from '../domain/attributionFacet.ts';
import type { CarFacet } from '../domain/carFacet.ts';
import type { ItemsFacet } from '../domain/itemFacet.ts';
import type { OrderRecord, Step } from '../domain/order.ts';
import type { EnrichShop, RunLimits } from './stores.ts';

export type StepInput = {
  /** As read before the step runs. */
  readonly order: OrderRecord;
  /** Undefined when the order's seller is not configured (any more). */
  readonly shop: EnrichShop | undefined;
  readonly limits: RunLimits;
};

/** The facets that steps bring; an absent member leaves the stored facet as it is. */
export type FacetValues = {
  readonly car?: CarFacet | null;
  readonly items?: ItemsFacet;
  readonly attribution?: AttributionFacet;
};

/** One enrichment: pure apart from `deps`, repeatable, writes nothing to the order. */
export type StepDefinition<Deps> = {
  readonly name: Step;
  /** TOP method it calls; names its failures in quarantine. Absent: it asks only our own tables. */
  readonly method?: string;
  /**
   * What a failure that time alone does not cure (`park`, `halt`, a long `defer`) means: `leaveGap`, the
   * order is written without it and names the gap; `fail`, the record is tried again as a whole.
   */
  readonly onFailure: 'fail' | 'leaveGap';
  readonly run: (input: StepInput, deps: Deps) => Promise<FacetValues>;
};

export function defineStep<Deps>(definition: StepDefinition<Deps>): StepDefinition<Deps> {
  return definition;
}
