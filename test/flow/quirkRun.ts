import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expect } from 'vitest';
import * as z from 'zod';
import { startEngines } from '../../infra/local/engines.ts';
import { type Simulator, startSimulator } from '../../infra/local/simulator/simulator.ts';
import type { SummaryDocument } from '../../lib/domain/summaryDocument.ts';
import { createQuarantineTable, type Parked } from '../../lib/store/quarantineTable.ts';
import { type Fact, factOf, factSchema } from '../support/orderFact.ts';
import { simulatorEnvironment } from '../support/simulatorEnvironment.ts';
import { exported, run, summaryOf, temporaryFolder } from './carferryProcess.ts';

export const METHODS = {
  trades: 'qimen.taobao.crm.trades.info.create',
  car: 'tmall.aliauto.trade.car.order.get',
  lead: 'tmall.aliauto.lead.info.get',
  ads: 'alibaba.taobao.ud.smart.order.detail.pull',
  items: 'taobao.tbk.item.info.upgrade.get',
} as const;

export const statsSchema = z.record(
  z.string(),
  z.object({ calls: z.number(), outcomes: z.record(z.string(), z.number()) }),
);
type Stats = z.infer<typeof statsSchema>;

export const truthSchema = z.object({
  orders: z.number(),
  leads: z.number(),
  adLines: z.number(),
  otherSellersAdLines: z.number(),
  items: z.number(),
  detail: z.record(z.string(), factSchema),
});
export type Truth = z.infer<typeof truthSchema>;

export const exportedOrderSchema = z.looseObject({
  orderId: z.string(),
  shop: z.string(),
  trade: z.looseObject({ createdAt: z.string(), modifiedAt: z.string(), statusCode: z.string() }).optional(),
  car: z.looseObject({ payStatusCode: z.number() }).nullable().optional(),
  items: z.record(z.string(), z.unknown()).optional(),
  attribution: z.looseObject({ lines: z.number() }).optional(),
  lead: z.looseObject({ leadId: z.string() }).nullable().optional(),
  owes: z.array(z.string()),
});
export type ExportedOrder = z.infer<typeof exportedOrderSchema>;

/** A whole run: the real process, its own data folder, a simulator that this test holds in its hands. */
export type QuirkRun = {
  readonly simulator: Simulator;
  readonly sellers: readonly string[];
  readonly folder: string;
  once(args?: readonly string[], environment?: Readonly<Record<string, string>>): Promise<Outcome>;
  setQuirks(quirks: unknown): Promise<void>;
  /** Ends all quirks and bans. */
  clearQuirks(): Promise<void>;
  stats(): Promise<Stats>;
  truth(bounds: Pick<SummaryDocument, 'from' | 'to'>): Promise<Truth>;
  orders(): Promise<Map<string, ExportedOrder>>;
  close(): Promise<void>;
};

export type Outcome = {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  summary(): SummaryDocument;
};

/** Its world stands still at the moment of the start. */
export async function startQuirkRun(options: {
  readonly trades?: number;
  readonly shops?: number;
  readonly seed?: string;
}): Promise<QuirkRun> {
  const anchorAt = Math.floor(Date.now() / 1000) * 1000 - 2000;
  const simulator = await startSimulator({ trades: 40, shops: 2, growthPerMinute: 0, ...options, anchorAt });
  const folder = temporaryFolder();
  const control = async (path: string, method = 'GET', body?: unknown): Promise<unknown> => {
    const sent = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    const reply = await fetch(`${simulator.url}/_sim/${path}`, sent);
    if (!reply.ok) throw new Error(await reply.text());
    const parsed: unknown = await reply.json();
    return parsed;
  };
  await control('freeze', 'POST', { at: anchorAt });
  const environment = simulatorEnvironment(simulator);
  return {
    simulator,
    sellers: simulator.info.shops.map(({ sellerNick }) => sellerNick),
    folder: folder.path,
    once: async (args = [], more = {}) => {
      const ended = await run(['--once', '--json', '--data', folder.path, ...args], {
        ...environment,
        ...more,
      });
      return { ...ended, summary: () => summaryOf(ended) };
    },
    setQuirks: async (quirks) => {
      await control('quirks', 'POST', quirks);
    },
    clearQuirks: async () => {
      await control('quirks', 'DELETE');
    },
    stats: async () => statsSchema.parse(await control('stats')),
    truth: async ({ from, to }) =>
      truthSchema.parse(await control(`truth?${new URLSearchParams({ from, to, detail: '1' })}`)),
    orders: async () => {
      const documents = z.array(exportedOrderSchema).parse(await exported('orders', folder.path));
      return new Map(documents.map((order) => [order.orderId, order]));
    },
    close: async () => {
      await simulator.close();
      folder.remove();
    },
  };
}

/** What a perfect client's orders look like, by order id. */
export function factsOf({ detail }: Truth): Record<string, Fact & { readonly owes: readonly string[] }> {
  return Object.fromEntries(
    Object.entries(detail).map(([orderId, fact]) => [
      orderId,
      { ...fact, itemIds: fact.itemIds.toSorted(), owes: [] },
    ]),
  );
}

export function factsFound(orders: ReadonlyMap<string, ExportedOrder>): ReturnType<typeof factsOf> {
  return Object.fromEntries(
    [...orders].map(([orderId, order]) => [orderId, { ...factOf(order), owes: order.owes }]),
  );
}

/** Every table holds what a perfect client would hold, every order field by field. */
export async function expectTruth(world: QuirkRun, summary: SummaryDocument): Promise<void> {
  const truth = await world.truth(summary);
  expect(truth.orders).toBeGreaterThan(15);
  expect(factsFound(await world.orders())).toEqual(factsOf(truth));
  expect(summary.parked.reasons).toEqual([]);
  expect(summary.tables).toEqual({
    orders: truth.orders,
    leads: truth.leads,
    adOrders: truth.adLines + truth.otherSellersAdLines,
    items: truth.items,
  });
}

export type ParkedRow = Pick<
  Parked,
  'source' | 'shop' | 'orderId' | 'reason' | 'field' | 'expected' | 'hint' | 'times'
>;

/** What lies in quarantine of a data folder that no run holds. */
export async function parkedIn(folder: string): Promise<ParkedRow[]> {
  const engines = await startEngines({ dataDir: folder });
  const client = new DynamoDBClient({
    endpoint: engines.dynamoDbUrl,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const parked: ParkedRow[] = [];
  for await (const row of createQuarantineTable(client, 'carferry-local-quarantine').list()) {
    const { source, shop, orderId, reason, field, expected, hint, times } = row;
    parked.push({ source, shop, orderId, reason, field, expected, hint, times });
  }
  client.destroy();
  await engines.close();
  return parked;
}
