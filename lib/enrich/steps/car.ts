import { CarferryError, toCarferryError } from '../../core/errors.ts';
import { aliautoTradeCarOrderGet } from '../../top/apis/aliautoTradeCarOrderGet.ts';
import type { TopClient } from '../../top/topClient.ts';
import { defineStep, type FacetValues, type StepInput } from '../defineStep.ts';
import { hasCode, refuseForeignReply } from '../replyChecks.ts';
import type { HaltGate, Seal } from '../stores.ts';
import { translateCar } from './carRecord.ts';

export type CarDeps = {
  readonly top: Pick<TopClient, 'call'>;
  readonly haltGate: HaltGate;
  readonly seal: Seal;
  /** Business codes that mean "not a car order". */
  readonly notFoundCodesCar: ReadonlySet<string>;
};

const api = aliautoTradeCarOrderGet;

/** Facet `car`: the whole-car order behind the trade, or `null` when TOP says there is none. */
export const car = defineStep<CarDeps>({
  name: 'car',
  method: api.method,
  onFailure: 'leaveGap',
  run: async (input, deps) => {
    try {
      return await askForCar(input, deps);
    } catch (thrown) {
      if (hasCode(toCarferryError(thrown), deps.notFoundCodesCar)) return { car: null };
      throw thrown;
    }
  },
});

async function askForCar({ order, shop, limits }: StepInput, deps: CarDeps): Promise<FacetValues> {
  const { orderId } = order;
  if (shop === undefined) throw shopUnknown();
  const reply = await deps.haltGate.run(shop, api.method, () =>
    deps.top.call(
      api,
      { query: { order_id: orderId } },
      { session: shop.session, answers: deps.notFoundCodesCar, ...limits },
    ),
  );
  const data = reply.result?.data;
  if (data === undefined) throw emptyReply();
  refuseForeignReply(api.method, orderId, data.order_id);
  const clear = translateCar(data, { shop: order.shop, orderId });
  return { car: await deps.seal(clear, { kind: 'order', id: orderId, facet: 'car' }) };
}

function shopUnknown(): CarferryError {
  return new CarferryError({
    disposition: 'halt',
    reason: 'shop-not-configured',
    message: `${api.method}: the seller of this order is not configured`,
    hint: 'add the seller to CARFERRY_SHOPS',
    scope: 'session',
    details: { method: api.method },
  });
}

/** A success without an order is not "not a car order": only a not-found code says that. */
function emptyReply(): CarferryError {
  return new CarferryError({
    disposition: 'retry',
    reason: 'empty-reply',
    message: `${api.method}: a success without result.data`,
    field: 'result.data',
    details: { method: api.method },
  });
}
