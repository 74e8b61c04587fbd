import { CarferryError } from '../core/errors.ts';
import { type OrderRecord, STEPS, type Step } from '../domain/order.ts';
import type { QueueMessageOf } from '../domain/queueMessage.ts';
import { facetsOf } from './facetsOf.ts';
import { type FailureDeps, handOverFailures, resolveHealed } from './failures.ts';
import { nextLook, stepsOwedBy } from './orderPlan.ts';
import { refreshLead } from './refreshLead.ts';
import { createStepRunner, type StepResult, type StepsDeps } from './runSteps.ts';
import type { EnrichShop, LeadsStore, OrdersStore, RunLimits } from './stores.ts';

export type EnrichOrderDeps = StepsDeps &
  FailureDeps & {
    readonly orders: OrdersStore;
    readonly leads: Pick<LeadsStore, 'writeSummaries'>;
    readonly shops: readonly EnrichShop[];
  };

export type OrderEnricher = {
  /** Stores the trade, then does every step still owed, whether or not this trade was news. */
  onTrade(message: QueueMessageOf<'trade'>, limits: RunLimits): Promise<void>;
  /** Does the named steps again and those still owed; an unknown order is left alone. */
  onDue(message: QueueMessageOf<'due'>, limits: RunLimits): Promise<void>;
};

/** Lost races before the record is left to the queue. */
const MOST_PASSES = 5;

/** The flow of one order; see `docs/consistency.md`. Every deed is repeatable, so a crash anywhere is harmless. */
export function createOrderEnricher(deps: EnrichOrderDeps): OrderEnricher {
  const shopNamed = (name: string): EnrichShop | undefined =>
    deps.shops.find((shop) => shop.sellerNick === name);

  async function enrich(first: OrderRecord, asked: readonly Step[], limits: RunLimits): Promise<void> {
    const { order, results } = await passUntilWritten(first, asked, limits);
    limits.signal.throwIfAborted();
    const failed = await handOverFailures(order, results, deps);
    const look = nextLook(order, deps.clock.now());
    if (look !== undefined) await deps.dues.put(look);
    await refreshLead(order, deps.leads);
    if (failed !== undefined) throw failed;
  }

  /** Repeats the pass for as long as another writer comes first. */
  async function passUntilWritten(first: OrderRecord, asked: readonly Step[], limits: RunLimits) {
    const runSteps = createStepRunner(deps);
    const shop = shopNamed(first.shop);
    let order: OrderRecord | undefined = first;
    for (let pass = 1; pass <= MOST_PASSES && order !== undefined; pass += 1) {
      const steps = stepsToDo(order, asked);
      const results: StepResult[] = await runSteps(steps, { order, shop, limits });
      limits.signal.throwIfAborted();
      await resolveHealed(order, results, deps);
      const write = facetsOf(order, results, deps.clock.now());
      if (write === undefined) return { order, results };
      const written = await deps.orders.writeFacets(write);
      if (written.outcome === 'written') return { order: written.order, results };
      order = await deps.orders.read(first.orderId);
    }
    throw contended();
  }

  return {
    onTrade: async ({ orderId, shop, trade, hash, observedAt }, limits) => {
      const { createdAt, modifiedAt } = trade;
      const status = trade.status ?? trade.statusCode;
      const owes = stepsOwedBy(trade, shopNamed(shop));
      const version = { modifiedAt, hash, observedAt };
      const written = await deps.orders.writeTrade({
        orderId,
        shop,
        createdAt,
        status,
        trade,
        owes,
        ...version,
      });
      const order = written.outcome === 'written' ? written.order : await deps.orders.read(orderId);
      if (order === undefined) throw contended();
      await enrich(order, [], limits);
    },
    onDue: async ({ orderId, steps }, limits) => {
      const order = await deps.orders.read(orderId);
      if (order !== undefined) await enrich(order, steps, limits);
    },
  };
}

function stepsToDo(order: OrderRecord, asked: readonly Step[]): Step[] {
  return STEPS.filter((step) => order.owes.includes(step) || asked.includes(step));
}

function contended(): CarferryError {
  return new CarferryError({
    disposition: 'retry',
    reason: 'order-contended',
    message: 'the order changed during every pass of its enrichment',
  });
}
