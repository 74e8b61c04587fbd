import type { OrderRecord, Step } from '../domain/order.ts';
import type { FacetsWrite } from '../store/facetsWrite.ts';
import { leavesGap } from './failures.ts';
import type { StepResult } from './runSteps.ts';

/**
 * The one write that a pass amounts to: new facets under the revs they were fetched for, paid steps, gaps.
 * Undefined when the pass changes nothing.
 * @param now epoch ms
 */
export function facetsOf(
  order: OrderRecord,
  results: readonly StepResult[],
  now: number,
): FacetsWrite | undefined {
  const facets: { -readonly [K in keyof FacetsWrite['facets']]: FacetsWrite['facets'][K] } = {};
  const paid: Step[] = [];
  const gaps: Partial<Record<Step, string | null>> = {};
  let phoneIndex: string | undefined;
  for (const result of results) {
    const { step } = result;
    if (!result.ok) {
      if (leavesGap(result, now) && order.gaps[step] !== result.error.reason)
        gaps[step] = result.error.reason;
      continue;
    }
    const { car, items, attribution } = result.values;
    if (car !== undefined) facets.car = { value: car, rev: order.carRev ?? 0 };
    if (items !== undefined) facets.items = { value: items, rev: order.itemsRev ?? 0 };
    if (attribution !== undefined)
      facets.attribution = { value: attribution, rev: order.attributionRev ?? 0 };
    phoneIndex ??= car?.buyerPhoneSealed?.index;
    if (order.owes.includes(step)) paid.push(step);
    if (order.gaps[step] !== undefined) gaps[step] = null;
  }
  if ([facets, gaps, paid].every((part) => Object.keys(part).length === 0)) return undefined;
  const { orderId, shop, tradeModifiedAt, hash, firstSeenAt } = order;
  return {
    orderId,
    shop,
    firstSeenAt,
    facets,
    paid,
    gaps,
    ...(phoneIndex !== undefined && { phoneIndex }),
    ...(tradeModifiedAt !== undefined &&
      hash !== undefined && { tradeVersion: { modifiedAt: tradeModifiedAt, hash } }),
  };
}
