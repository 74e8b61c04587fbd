import { VERSION } from '../../lib/core/version.ts';
import { toIso } from '../../lib/domain/chinaTime.ts';
import type { BudgetStatus } from '../../lib/store/budgetsTable.ts';
import type { RefusedDue } from '../../lib/store/dueRow.ts';
import { sessionsLeft } from '../../lib/store/sessionsLeft.ts';
import { readDays } from '../local/live/dayStatus.ts';
import { type DrainTime, drainTime } from '../local/live/drainTime.ts';
import { drainRates, limitsOf } from '../local/live/watchStanding.ts';
import { type QueueDepth, queueDepth, queueDepths } from '../local/queueDepths.ts';
import { queueName } from '../local/terminal/words.ts';
import { type LiveStatus, readLive } from './liveStatus.ts';
import type { OpenData } from './openData.ts';
import { deadQueues } from './redrive/deadQueues.ts';
import { readStreams } from './streamStatus.ts';
import { tableItemCount } from './tableItemCount.ts';

/** What the tables and queues hold and where the streams stand; rates and ages only of a run with a status page. */
export async function readStatus(data: OpenData, now = Date.now()) {
  const { stores, sqs, queueUrls, wiring } = data;
  const live = await readLive(data.pageUrl);
  const sessions = await sessionsLeft(stores, now);
  const shops = await shopsSeen(data, sessions);
  const halts = await Promise.all(shops.map((shop) => stores.shops.halts(shop)));
  const depths = await queueDepths(sqs, queueUrls, wiring.queues);
  const count = async (noun: string): Promise<number> => (await tableItemCount(noun, data)) ?? 0;
  const dues = await stores.dues.count(now);
  const budgets = await stores.budgets.list();
  const refused: RefusedDue[] = [];
  for await (const row of stores.dues.refused()) refused.push(row);
  return {
    version: VERSION,
    at: toIso(now),
    origin: data.stamp.origin,
    attachedTo: data.attachedTo ?? null,
    pageUrl: data.pageUrl ?? null,
    tables: {
      orders: await count('orders'),
      leads: await count('leads'),
      adOrders: await count('ad-orders'),
      items: await count('items'),
    },
    days: await readDays(stores, shops, now),
    sessions: sessions.map(({ shop, expiresAt = null, daysLeft = null }) => ({ shop, expiresAt, daysLeft })),
    streams: await readStreams(stores, now),
    openWindows: (await stores.streams.openWindows()).map(({ stream, from, to }) => ({ stream, from, to })),
    queues: depths.map((depth) => ({
      ...depth,
      oldestMs: live?.queues.find(({ name }) => name === depth.name)?.oldestMs ?? null,
    })),
    otherDeadLetters: await otherDeadLetters(data),
    calls: live?.calls ?? null,
    budgets: budgets.map(({ appKey, method, callsPerSecond = null, blockedUntil }) => ({
      appKey,
      method,
      callsPerSecond,
      bannedUntil: blockedUntil > now ? toIso(blockedUntil) : null,
    })),
    drain: drainOf(live, { depths, due: dues.due, budgets, now }),
    dues,
    refusedDues: refused,
    parked: await parkedGroups(data),
    halts: halts.flat().map(({ shop, method, reason, since }) => ({ shop, method, reason, since })),
  };
}

export type Status = Awaited<ReturnType<typeof readStatus>>;

type Waiting = {
  readonly depths: readonly QueueDepth[];
  readonly due: number;
  readonly budgets: readonly BudgetStatus[];
  readonly now: number;
};

/**
 * Until queues and due checks are worked off, and how that is known: `progress` of a run that ends by itself, the pace
 * of the `last-minutes` that a status page has watched, else the `rates` that calls are limited to. Null: nothing waits.
 */
function drainOf(
  live: LiveStatus | undefined,
  { depths, due, budgets, now }: Waiting,
): { readonly leftMs: number; readonly by: 'progress' | DrainTime['by'] } | null {
  const leftMs = live?.estimate?.leftMs ?? undefined;
  if (leftMs !== undefined) return { leftMs, by: 'progress' };
  if (live?.drain) return live.drain;
  const waitingIn = (noun: string): number =>
    depths.find(({ name }) => queueName(name) === noun)?.waiting ?? 0;
  const bannedMs = Math.max(0, ...budgets.map(({ blockedUntil }) => blockedUntil - now));
  const rates = drainRates(limitsOf(budgets));
  const input = { orders: waitingIn('orders'), leads: waitingIn('leads'), due, ...rates, bannedMs };
  return drainTime(input) ?? null;
}

/** Shops that sessions, streams or dues name; a halt belongs to one of them, or to the app (`*`). */
async function shopsSeen(
  { stores }: OpenData,
  sessions: readonly { readonly shop: string }[],
): Promise<string[]> {
  const shops = new Set(sessions.map(({ shop }) => shop));
  for (const { stream } of await stores.streams.list()) {
    const [source, shop] = stream.split('#');
    if (source === 'trades' && shop !== undefined) shops.add(shop);
  }
  for await (const { shop } of stores.dues.scan()) shops.add(shop);
  return [...shops].sort();
}

/** Messages of dead-letter queues that no source queue has: ticks that could not be delivered. */
async function otherDeadLetters(data: OpenData): Promise<{ queue: string; dead: number }[]> {
  const others = deadQueues(data).filter(({ source }) => source === undefined);
  return await Promise.all(
    others.map(async ({ name }) => ({ queue: name, dead: await queueDepth(data.sqs, data.queueUrls, name) })),
  );
}

type Group = { source: string; reason: string; field?: string; hint?: string; count: number };

async function parkedGroups({ stores }: OpenData): Promise<Group[]> {
  const groups = new Map<string, Group>();
  for await (const { source, reason, field, hint } of stores.quarantine.list()) {
    const key = JSON.stringify([source, reason, field]);
    const known = groups.get(key);
    if (known === undefined) {
      groups.set(key, { source, reason, ...(field && { field }), ...(hint && { hint }), count: 1 });
    } else known.count += 1;
  }
  return [...groups.values()];
}
