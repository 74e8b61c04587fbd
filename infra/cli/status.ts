import { VERSION } from '../../lib/core/version.ts';
import { queueDepths } from '../local/queueDepths.ts';
import { readLive } from './liveStatus.ts';
import type { OpenData } from './openData.ts';
import { tableItemCount } from './tableItemCount.ts';

/** What the tables and queues hold and where the streams stand; rates and ages only of a run with a status page. */
export async function readStatus(data: OpenData) {
  const { stores, sqs, queueUrls, wiring } = data;
  const live = await readLive(data.pageUrl);
  const shops = await shopsSeen(data);
  const halts = await Promise.all(shops.map((shop) => stores.shops.halts(shop)));
  const streams = await stores.streams.list();
  const depths = await queueDepths(sqs, queueUrls, wiring.queues);
  const count = async (noun: string): Promise<number> => (await tableItemCount(noun, data)) ?? 0;
  return {
    version: VERSION,
    origin: data.stamp.origin,
    attachedTo: data.attachedTo ?? null,
    pageUrl: data.pageUrl ?? null,
    tables: {
      orders: await count('orders'),
      leads: await count('leads'),
      adOrders: await count('ad-orders'),
      items: await count('items'),
    },
    streams: streams
      .map(({ stream, watermark, finishedAt, window, expiresAt }) => ({
        stream,
        watermark,
        finishedAt,
        window: window === undefined ? undefined : { from: window.from, to: window.to },
        heldUntil: expiresAt,
      }))
      .sort((a, b) => (a.stream < b.stream ? -1 : 1)),
    openWindows: (await stores.streams.openWindows()).map(({ stream, from, to }) => ({ stream, from, to })),
    queues: depths.map((depth) => ({
      ...depth,
      oldestMs: live?.queues.find(({ name }) => name === depth.name)?.oldestMs ?? null,
    })),
    calls: live?.calls ?? null,
    dues: await stores.dues.count(Date.now()),
    parked: await parkedGroups(data),
    halts: halts.flat().map(({ shop, method, reason, since }) => ({ shop, method, reason, since })),
  };
}

export type Status = Awaited<ReturnType<typeof readStatus>>;

/** Shops that streams, orders' days or dues name; a halt belongs to one of them. */
async function shopsSeen({ stores }: OpenData): Promise<string[]> {
  const shops = new Set<string>();
  for (const { stream } of await stores.streams.list()) {
    const [source, shop] = stream.split('#');
    if (source === 'trades' && shop !== undefined) shops.add(shop);
  }
  for await (const { shop } of stores.dues.scan()) shops.add(shop);
  return [...shops];
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
