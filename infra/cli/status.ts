import Table from 'cli-table3';
import { queueDepths } from '../local/queueDepths.ts';
import type { OpenData } from './openData.ts';

/** What the tables and queues hold and where the streams stand. */
export async function readStatus(data: OpenData) {
  const { stores, sqs, queueUrls, wiring } = data;
  const halts = await Promise.all((await shopsSeen(data)).map((shop) => stores.shops.halts(shop)));
  const streams = await stores.streams.list();
  return {
    origin: data.stamp.origin,
    attachedTo: data.attachedTo ?? null,
    tables: {
      orders: await countAll(stores.orders.scan()),
      leads: await countAll(stores.leads.scan()),
      adOrders: await countAll(stores.adOrders.scan()),
      items: await countAll(stores.items.scan()),
    },
    streams: streams.map(({ stream, watermark, finishedAt }) => ({ stream, watermark, finishedAt })),
    openWindows: (await stores.streams.openWindows()).map(({ stream, from, to }) => ({ stream, from, to })),
    queues: await queueDepths(sqs, queueUrls, wiring.queues),
    dues: await stores.dues.count(Date.now()),
    parked: await parkedGroups(data),
    halts: halts.flat().map(({ shop, method, reason, since }) => ({ shop, method, reason, since })),
  };
}

export type Status = Awaited<ReturnType<typeof readStatus>>;

async function shopsSeen({ stores }: OpenData): Promise<string[]> {
  const shops = new Set<string>();
  for await (const { shop } of stores.orders.scan()) shops.add(shop);
  for await (const { shop } of stores.dues.scan()) shops.add(shop);
  return [...shops];
}

async function parkedGroups({ stores }: OpenData) {
  const groups = new Map<
    string,
    { source: string; reason: string; field?: string; hint?: string; count: number }
  >();
  for await (const { source, reason, field, hint } of stores.quarantine.list()) {
    const key = JSON.stringify([source, reason, field]);
    const known = groups.get(key);
    if (known === undefined) {
      groups.set(key, { source, reason, ...(field && { field }), ...(hint && { hint }), count: 1 });
    } else known.count += 1;
  }
  return [...groups.values()];
}

/** The status for a person. */
export function printStatus(status: Status): string {
  const { tables, dues } = status;
  const streams = tableOf(['stream', 'watermark', 'last sweep']);
  for (const { stream, watermark, finishedAt } of status.streams) {
    streams.push([stream, watermark ?? '', finishedAt ?? '']);
  }
  const queues = tableOf(['queue', 'waiting', 'dead']);
  for (const { name, waiting, dead } of status.queues) queues.push([name, waiting, dead]);
  const next = dues.nextDueAt === undefined ? '' : `, next at ${dues.nextDueAt}`;
  const lines = [
    status.attachedTo === null ? 'no run is going on' : `running as process ${status.attachedTo}`,
    `${tables.orders} orders, ${tables.leads} leads, ${tables.adOrders} ad lines, ${tables.items} items`,
    streams.toString(),
    queues.toString(),
    `${dues.due} checks due, ${dues.later} later${next}`,
    ...status.openWindows.map(({ stream, from, to }) => `open window: ${stream} ${from} to ${to}`),
    ...status.halts.map(
      ({ shop, method, reason, since }) => `halted: ${shop} ${method}: ${reason} since ${since}`,
    ),
    ...status.parked.map(
      ({ count, source, reason, field, hint }) =>
        `parked: ${count} × ${source}: ${reason}${field ? ` at ${field}` : ''}${hint ? ` (${hint})` : ''}`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function tableOf(head: string[]) {
  return new Table({ head, style: { head: [], border: [], compact: true } });
}

async function countAll(rows: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of rows) count += 1;
  return count;
}
