import { randomBytes } from 'node:crypto';
import { createEnrichLeads } from '../../functions/enrichLeads.ts';
import { createEnrichOrders } from '../../functions/enrichOrders.ts';
import { createPullAdOrders } from '../../functions/pullAdOrders.ts';
import { createPullLeads } from '../../functions/pullLeads.ts';
import { createPullTrades } from '../../functions/pullTrades.ts';
import { createStoreAdOrders } from '../../functions/storeAdOrders.ts';
import {
  type Simulator,
  type SimulatorOptions,
  startSimulator,
} from '../../infra/local/simulator/simulator.ts';
import { type Clock, systemClock } from '../../lib/core/clock.ts';
import { toCarferryError } from '../../lib/core/errors.ts';
import { silentLog } from '../../lib/core/log.ts';
import { toIso } from '../../lib/domain/chinaTime.ts';
import type { Step } from '../../lib/domain/order.ts';
import type { QueueMessage } from '../../lib/domain/queueMessage.ts';
import { createAskForItems } from '../../lib/enrich/askForItems.ts';
import { createItemLoader } from '../../lib/enrich/itemLoader.ts';
import { createLocalKeys } from '../../lib/privacy/localKeys.ts';
import { sealRecord } from '../../lib/privacy/sealRecord.ts';
import type { PullInput } from '../../lib/pull/pullInput.ts';
import type { Seal } from '../../lib/pull/rowParking.ts';
import { createAdOrdersTable } from '../../lib/store/adOrdersTable.ts';
import { createDuesTable } from '../../lib/store/duesTable.ts';
import { createHaltGate } from '../../lib/store/halts.ts';
import { createItemsTable } from '../../lib/store/itemsTable.ts';
import { createKeysTable } from '../../lib/store/keysTable.ts';
import { createLeadsTable } from '../../lib/store/leadsTable.ts';
import { createOrdersTable } from '../../lib/store/ordersTable.ts';
import { createQuarantineTable } from '../../lib/store/quarantineTable.ts';
import { createShopsTable } from '../../lib/store/shopsTable.ts';
import { createStreamsTable } from '../../lib/store/streamsTable.ts';
import { createLocalRateBudget } from '../../lib/top/rateBudget.ts';
import { createTopClient, type TopClientConfig } from '../../lib/top/topClient.ts';
import type { TestEngines } from '../support/engines.ts';
import { factOf } from '../support/orderFact.ts';
import { type factsOf, statsSchema, type Truth, truthSchema } from './quirkRun.ts';

/** Real time that waits can be skipped in: a sleep moves the clock and ends at once. */
export type SkippingClock = Clock & { skip(ms: number): void };

function skippingClock(): SkippingClock {
  let skipped = 0;
  return {
    now: () => Date.now() + skipped,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      skipped += ms;
    },
    skip: (ms) => {
      skipped += ms;
    },
  };
}

/** The flows of the functions against a simulator, their queues held in memory, their tables embedded. */
export type QuirkBench = Awaited<ReturnType<typeof startQuirkBench>>;

export async function startQuirkBench(
  engines: TestEngines,
  options: SimulatorOptions & { readonly top?: Partial<TopClientConfig>; readonly pageSize?: number } = {},
) {
  const { top: topConfig, pageSize = 20, ...world } = options;
  const simulator: Simulator = await startSimulator({ trades: 30, shops: 1, growthPerMinute: 0, ...world });
  const { appKey, appSecret, targetAppKey, shops, anchorAt } = simulator.info;
  const [clock, log] = [skippingClock(), silentLog];
  const { dynamoDb: db } = engines;
  const tables = {
    orders: createOrdersTable(db, await engines.createTable('OrdersTable')),
    adOrders: createAdOrdersTable(db, await engines.createTable('AdOrdersTable')),
    leads: createLeadsTable(db, await engines.createTable('LeadsTable')),
    items: createItemsTable(db, await engines.createTable('ItemsTable')),
    dues: createDuesTable(db, await engines.createTable('DuesTable')),
    streams: createStreamsTable(db, await engines.createTable('StreamsTable')),
    quarantine: createQuarantineTable(db, await engines.createTable('QuarantineTable')),
  };
  const shopsTable = createShopsTable(db, await engines.createTable('ShopsTable'));
  const keys = createLocalKeys({
    masterKey: randomBytes(32),
    table: createKeysTable(db, await engines.createTable('KeysTable')),
  });
  const seal: Seal = (record, entity) => sealRecord(record, entity, keys);
  const top = createTopClient({
    topUrl: simulator.topUrl,
    qimenUrl: simulator.qimenUrl,
    appKey,
    appSecret,
    targetAppKey,
    budget: createLocalRateBudget({ callsPerSecond: 1000, clock: systemClock }),
    log,
    clock: systemClock,
    ...topConfig,
  });
  const haltGate = createHaltGate({ shopsTable, clock, log });
  const queue: QueueMessage[] = [];
  const sender = {
    send: async (messages: readonly QueueMessage[]) => {
      // As a queue would: text only.
      for (const message of messages) queue.push(JSON.parse(JSON.stringify(message)));
    },
  };
  const times = { settleMs: 0, overlapMs: 300_000, lookbackMs: 90 * 86_400_000 };
  const calls = { top, haltGate, seal, hmac: keys.hmac, clock, log, shops, sender, times };
  const asked = createAskForItems({ top, seal, clock });
  const itemLoader = createItemLoader({ items: tables.items, askForItems: asked, clock });
  const flows = {
    pullTrades: createPullTrades({ ...calls, ...tables, pageSize }),
    pullAdOrders: createPullAdOrders({ ...calls, ...tables, appKey }),
    pullLeads: createPullLeads({ ...calls, ...tables, notFoundCodes: new Set(['LEAD_NOT_EXIST']) }),
    enrichOrders: createEnrichOrders({
      ...calls,
      ...tables,
      itemLoader,
      notFoundCodesCar: new Set(['ORDER_NOT_EXIST']),
    }),
    storeAdOrders: createStoreAdOrders({ ...tables, shops: new Set(shops.map((shop) => shop.sellerNick)) }),
    enrichLeads: createEnrichLeads(tables),
  };
  const limits = () => ({
    deadline: clock.now() + 600_000,
    signal: new AbortController().signal,
    requestId: randomBytes(6).toString('hex'),
  });

  async function control(path: string, method = 'GET', body?: unknown): Promise<unknown> {
    const sent = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    const reply = await fetch(`${simulator.url}/_sim/${path}`, sent);
    if (!reply.ok) throw new Error(await reply.text());
    const parsed: unknown = await reply.json();
    return parsed;
  }

  async function consume(message: QueueMessage): Promise<void> {
    if (message.kind === 'adLine') return flows.storeAdOrders(message, limits());
    if (message.kind === 'lead' || message.kind === 'noLead') return flows.enrichLeads(message, limits());
    return flows.enrichOrders(message, limits());
  }

  return {
    simulator,
    tables,
    clock,
    top,
    shops,
    anchorAt,
    pullTrades: (input: PullInput = { lane: 'live' }) => flows.pullTrades(input, limits()),
    pullAdOrders: (input: PullInput = { lane: 'live' }) => flows.pullAdOrders(input, limits()),
    checkLeads: () => flows.pullLeads({}, limits()),
    /** Consumes what is in the queue; a failed message comes back, a few times. Answers how often any failed. */
    async work(mostTries = 20): Promise<number> {
      let failures = 0;
      for (let tries = 0; queue.length > 0 && tries < mostTries; tries += 1) {
        await Promise.all(
          queue.splice(0).map(async (message) => {
            try {
              await consume(message);
            } catch (thrown) {
              if (toCarferryError(thrown).disposition !== 'retry') throw thrown;
              failures += 1;
              queue.push(message);
            }
          }),
        );
      }
      if (queue.length > 0) throw new Error(`${queue.length} messages failed again and again`);
      return failures;
    },
    /** Pulls a lane again and again until every stream has caught up, as schedules do; then works. */
    async catchUp(input: PullInput = { lane: 'live' }, mostPulls = 20): Promise<void> {
      for (let pulls = 1; ; pulls += 1) {
        const trades = await flows.pullTrades(input, limits());
        const ads = await flows.pullAdOrders(input, limits());
        const states = [...trades.streams, ...ads.streams].map(({ state }) => state);
        if (states.every((state) => state === 'caught-up')) break;
        if (pulls === mostPulls) throw new Error(`streams ended as ${states.join(', ')}`);
      }
      await this.work();
    },
    waiting: () => queue.length,
    /** Does steps of one order again, as when its time has come. */
    due: (orderId: string, steps: Step[]) =>
      consume({ v: 1, kind: 'due', shop: shops[0]?.sellerNick ?? '', orderId, reason: 'owed', steps }),
    setQuirks: (quirks: unknown) => control('quirks', 'POST', quirks),
    clearQuirks: () => control('quirks', 'DELETE'),
    stats: async () => statsSchema.parse(await control('stats')),
    freeze: (at: number | null) => control('freeze', 'POST', { at }),
    async truth(): Promise<Truth> {
      const query = new URLSearchParams({ from: toIso(Date.now() - 91 * 86_400_000), detail: '1' });
      return truthSchema.parse(await control(`truth?${query}`));
    },
    async facts(): Promise<ReturnType<typeof factsOf>> {
      const facts: ReturnType<typeof factsOf> = {};
      for await (const order of tables.orders.scan()) {
        facts[order.orderId] = { ...factOf(order), owes: order.owes };
      }
      return facts;
    },
    async close(): Promise<void> {
      await top.close();
      await simulator.close();
    },
  };
}
