import { ScanCommand } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { runOnce } from '../../infra/local/once.ts';
import { readSettings } from '../../infra/local/settings.ts';
import { startSystem } from '../../infra/local/system.ts';
import { createTerminal, type Terminal } from '../../infra/local/terminal/terminal.ts';
import { recordCalls } from './recordCalls.ts';
import { askForCapacity, consumed, NOTHING, sum, times, type Usage } from './usage.ts';

/** What one run consumed; usages by function. */
export type Measured = {
  readonly orders: number;
  /** Work on all orders of a world, from nothing. */
  readonly fresh: Readonly<Record<string, Usage>>;
  /** One sweep of the quarter over the same orders, all unchanged. */
  readonly swept: Readonly<Record<string, Usage>>;
  /** Days that a sweep of the quarter covers. */
  readonly sweptDays: number;
  /** One tick without work. */
  readonly idle: Readonly<Record<string, Usage>>;
  readonly memoryMb: number;
  /** In all tables. */
  readonly bytes: number;
  readonly topCalls: number;
};

type MeasureOptions = {
  readonly trades: number;
  /** How long AWS takes to answer, ms; the embedded engines answer within one. */
  readonly awsMs: number;
  /** How long TOP takes to answer, ms. */
  readonly topMs: number;
  readonly terminal: Terminal;
};

const optionsSchema = z.object({ trades: z.number(), awsMs: z.number(), topMs: z.number() });

const PULLS = ['pullTrades', 'pullAdOrders'] as const;
const IDLE = ['pullTrades', 'pullAdOrders', 'pullLeads', 'pullMessages', 'enqueueDues'] as const;
const IDLE_TICKS = 5;
const SWEPT_DAYS = 90;

/** In a process of its own: the functions read their environment once. */
async function measure({ trades, awsMs, topMs, terminal }: MeasureOptions): Promise<Measured> {
  const environment = Object.assign(process.env, {
    CARFERRY_SIM_TRADES: String(trades),
    CARFERRY_SIM_SEED: 'cost',
    // Of one shop, whose days are as full as the size allows.
    CARFERRY_SIM_SHOPS: '1',
    PULL_MESSAGES: 'on',
  });
  const system = await startSystem({ settings: readSettings(environment), data: undefined, environment });
  const { tables, functions } = system.wiring;
  const used = new Map<string, Usage>();
  const add = (name: string, usage: Usage): void =>
    void used.set(name, sum([used.get(name) ?? NOTHING, usage]));
  const recorder = recordCalls(async (call, proceed) => {
    const { by } = call;
    if (by === undefined) return proceed();
    askForCapacity(call);
    await pause(awsMs);
    let reply: unknown;
    try {
      reply = await proceed();
      return reply;
    } finally {
      add(by, consumed(call, reply, tables));
    }
  });
  const invoke: typeof system.invoke = async (name, event, limits) => {
    const startedAt = performance.now();
    try {
      return await recorder.inside(name, () => system.invoke(name, event, limits));
    } finally {
      add(name, { ...NOTHING, invocations: 1, billedMs: Math.ceil(performance.now() - startedAt) });
    }
  };
  const take = (): ReadonlyMap<string, Usage> => {
    const taken = new Map(used);
    used.clear();
    return taken;
  };
  try {
    const quirks = JSON.stringify({ delayMs: topMs });
    await fetch(`${system.simulatorUrl}/_sim/quirks`, { method: 'POST', body: quirks });
    const options = { limitMinutes: 20, signal: new AbortController().signal, terminal };
    const summary = await runOnce({ ...system, invoke }, options);
    const { orders } = summary.tables;
    const fresh = take();

    const until = new Date().toISOString();
    for (const name of PULLS) {
      let more = true;
      while (more) {
        const report = await invoke(name, { lane: 'quarter', fresh: true, until });
        more = JSON.stringify(report).includes('"state":"more"');
      }
    }
    const swept = take();

    for (let tick = 0; tick < IDLE_TICKS; tick += 1) {
      for (const name of IDLE)
        await invoke(name, name.startsWith('pull') && isLane(name) ? { lane: 'live' } : {});
    }
    const idle = take();

    return {
      orders,
      fresh: Object.fromEntries(fresh),
      swept: Object.fromEntries(swept),
      sweptDays: SWEPT_DAYS,
      idle: Object.fromEntries([...idle].map(([name, usage]) => [name, times(usage, 1 / IDLE_TICKS)])),
      memoryMb: functions[0]?.memoryMb ?? 512,
      bytes: await storedBytes(system),
      topCalls: summary.calls.reduce((total, { calls }) => total + calls, 0),
    };
  } finally {
    recorder.stop();
    await system.close();
  }
}

function isLane(name: string): boolean {
  return name === 'pullTrades' || name === 'pullAdOrders';
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}

/** As JSON, which is a little more than DynamoDB counts; what belongs to no order is a small part of it. */
async function storedBytes({ dynamoDb, wiring }: Awaited<ReturnType<typeof startSystem>>): Promise<number> {
  let bytes = 0;
  for (const { name: TableName } of wiring.tables) {
    let start: Record<string, never> | undefined | object;
    do {
      const { Items = [], LastEvaluatedKey } = await dynamoDb.send(
        new ScanCommand({ TableName, ...(start && { ExclusiveStartKey: { ...start } }) }),
      );
      bytes += Items.reduce((total, item) => total + Buffer.byteLength(JSON.stringify(item)), 0);
      start = LastEvaluatedKey;
    } while (start !== undefined);
  }
  return bytes;
}

if (import.meta.main) {
  const options = optionsSchema.parse(JSON.parse(process.argv[2] ?? '{}'));
  const measured = await measure({ ...options, terminal: createTerminal(process.stderr, { CI: '1' }) });
  process.stdout.write(JSON.stringify(measured), () => process.exit(0));
}
