import { VERSION } from '../../lib/core/version.ts';
import { toIso } from '../../lib/domain/chinaTime.ts';
import type { OrderRecord } from '../../lib/domain/order.ts';
import type { StreamReport, SummaryDocument } from '../../lib/domain/summaryDocument.ts';
import { adviceFor } from './advice.ts';
import { isUnfinished } from './drain.ts';
import type { CallCount } from './live/watchCalls.ts';
import { queueDepths } from './queueDepths.ts';
import type { System } from './system.ts';

export type Incomplete = SummaryDocument['incomplete'][number];

export type SummaryInput = {
  readonly system: System;
  readonly streams: readonly StreamReport[];
  readonly calls: CallCount[];
  /** Epoch ms. */
  readonly startedAt: number;
  readonly from: number;
  readonly to: number;
  readonly now: number;
  /** Why the run ended before it was done, e.g. `limit`. */
  readonly endedEarly?: string | undefined;
};

/** Looks at every table and queue once and says whether everything adds up. */
export async function summarise(input: SummaryInput): Promise<SummaryDocument> {
  const { system, streams } = input;
  const [facts, parked, queues, dues, leads, adOrders, items, incomplete] = await Promise.all([
    orderFacts(system.stores.orders.scan()),
    parkedReasons(system),
    queueDepths(system.sqs, system.queueUrls, system.wiring.queues),
    system.stores.dues.count(input.now),
    countAll(system.stores.leads.scan()),
    countAll(system.stores.adOrders.scan()),
    countAll(system.stores.items.scan()),
    unfinished(input),
  ]);
  for (const { name, waiting, dead } of queues) {
    if (waiting > 0) incomplete.push({ stream: name, reason: 'messages-waiting', until: null });
    if (dead > 0) incomplete.push({ stream: `${name}-dead`, reason: 'dead-letters', until: null });
  }
  const { orders, owing, ...facets } = facts;
  if (owing > 0) incomplete.push({ stream: 'orders', reason: 'steps-owed', until: null });
  const ok = incomplete.length === 0 && parked.count === 0;
  return {
    ok,
    version: VERSION,
    gateway: system.origin.gateway,
    from: toIso(input.from),
    to: toIso(input.to),
    startedAt: toIso(input.startedAt),
    finishedAt: toIso(input.now),
    shops: [...system.shops],
    ...simulatedWorld(system),
    tables: { orders, leads, adOrders, items },
    facets,
    streams: [...streams],
    calls: input.calls,
    queues,
    parked,
    dues: {
      later: dues.later + dues.due,
      ...(dues.nextDueAt === undefined ? {} : { nextDueAt: dues.nextDueAt }),
    },
    incomplete,
    advice: adviceFor(incomplete, parked.count),
    functionsMemoryMb: Math.round(process.resourceUsage().maxRSS / 1024),
  };
}

/** Enough to make the same world again and compare. */
function simulatedWorld({ origin }: System) {
  if (origin.gateway !== 'simulator') return {};
  const { gateway: _gateway, ...simulator } = origin;
  return { simulator };
}

async function orderFacts(orders: AsyncIterable<OrderRecord>) {
  const facts = { orders: 0, owing: 0, cars: 0, notCars: 0, ordersWithLead: 0, leadChecksDone: 0, gaps: 0 };
  for await (const order of orders) {
    facts.orders += 1;
    if (order.owes.length > 0) facts.owing += 1;
    if (order.car) facts.cars += 1;
    else if (isNoCar(order)) facts.notCars += 1;
    if (order.lead !== undefined) facts.leadChecksDone += 1;
    if (order.lead !== undefined && order.lead !== null) facts.ordersWithLead += 1;
    facts.gaps += Object.keys(order.gaps).length;
  }
  return facts;
}

/** The platform said so, or its category did and nobody asked. */
function isNoCar({ car, trade, owes, gaps }: OrderRecord): boolean {
  if (car !== undefined) return car === null;
  return trade !== undefined && !owes.includes('car') && gaps.car === undefined;
}

async function parkedReasons({ stores }: System): Promise<SummaryDocument['parked']> {
  const counts = new Map<string, number>();
  let count = 0;
  for await (const { reason } of stores.quarantine.list()) {
    count += 1;
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  const reasons = [...counts].map(([reason, times]) => ({ reason, count: times }));
  return { count, reasons: reasons.sort((a, b) => b.count - a.count) };
}

async function unfinished({ system, streams, endedEarly }: SummaryInput): Promise<Incomplete[]> {
  const found: Incomplete[] = [];
  if (endedEarly !== undefined) found.push({ stream: 'run', reason: endedEarly, until: null });
  for (const { stream, state, reason, until } of streams) {
    if (state !== 'caught-up') found.push({ stream, reason: reason ?? state, until: until ?? null });
  }
  const { streams: table, shops, dues } = system.stores;
  for (const { stream } of await table.openWindows()) {
    found.push({ stream, reason: 'open-window', until: null });
  }
  for (const shop of system.shops) {
    for (const { method, reason } of await shops.halts(shop)) {
      found.push({ stream: `${method} ${shop}`, reason, until: null });
    }
  }
  const late = new Map<string, string>();
  for await (const due of dues.scan()) {
    const before = late.get(due.reason);
    if (isUnfinished(due) && (before === undefined || due.dueAt < before)) late.set(due.reason, due.dueAt);
  }
  for (const [reason, until] of late) found.push({ stream: 'dues', reason, until });
  for await (const { orderId, refusal } of dues.refused()) {
    found.push({ stream: `dues ${orderId}`, reason: refusal, until: null });
  }
  return found;
}

async function countAll(rows: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of rows) count += 1;
  return count;
}
