import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CarferryError } from '../../lib/core/errors.ts';
import { toIso } from '../../lib/domain/chinaTime.ts';
import type { Step } from '../../lib/domain/order.ts';
import { startTestEngines, type TestEngines } from '../support/engines.ts';
import { adLine, type Bench, createBench, leadMessage, NOW, SHOP, tradeMessage } from './bench.ts';
import { answerAll, CAR, carReply } from './fakeTop.ts';

/** `CARFERRY_RUNS=500 npm test -- test/enrich/mergeLawsOfOrders.test.ts` for a long run. */
const numRuns = Number(process.env['CARFERRY_RUNS'] ?? 8);
const DAY = 86_400_000;
const STATUSES = ['WAIT_BUYER_PAY', 'WAIT_SELLER_SEND_GOODS', 'TRADE_FINISHED'];

let engines: TestEngines;
let bench: Bench;
let lastId = 4277659395456400000n;
beforeAll(async () => {
  engines = await startTestEngines();
  bench = await createBench(engines);
  answerAll(bench.fake.answers);
});
afterAll(() => engines.close());

type Delivery = (signal: AbortSignal) => Promise<unknown>;

/** One order upstream, what its consumers were sent, and what they have not acknowledged. */
function createOrderWorld() {
  lastId += 1n;
  const orderId = lastId.toString();
  const leadId = `9${orderId}`;
  const truth = { modified: 0, paidFen: 100, lines: new Map<number, number>(), leadStatus: 'A' };
  /** Time of the processes that observe; theirs may be a day off. */
  let skew = 0;
  let elapsed = 0;
  /** Kills the consumer while it asks for the car. */
  let killer: AbortController | undefined;
  const unacknowledged: Delivery[] = [];
  const delivered: Delivery[] = [];
  bench.fake.answers[CAR] = ({ ids }) => {
    killer?.abort(new Error('killed'));
    return carReply(ids[0] ?? '', truth.paidFen);
  };
  const observedAt = (): string => toIso(NOW + elapsed + skew);
  const limitsOf = (signal: AbortSignal) => ({ deadline: bench.time.now + 45_000, signal });

  function tradeNow(): Delivery {
    const { modified } = truth;
    const statusCode = STATUSES[modified % STATUSES.length] ?? '';
    const parts = { orderId, statusCode, status: statusCode, modifiedAt: toIso(NOW + modified * 1000) };
    const message = { ...tradeMessage(parts, `trade ${modified}`), observedAt: observedAt() };
    return (signal) => bench.enricher.onTrade(message, limitsOf(signal));
  }

  function lineNow(n: number): Delivery {
    const content = truth.lines.get(n) ?? 0;
    truth.lines.set(n, content);
    const line = adLine({
      orderId,
      line: `s#2#click-${n}`,
      payFen: content,
      observedAt: observedAt(),
      hash: `line ${n} ${content}`,
    });
    return (signal) => bench.storeAdLine(line, limitsOf(signal));
  }

  function leadNow(): Delivery {
    const { leadStatus } = truth;
    const message = leadMessage({
      leadId,
      orderId,
      orderStatus: leadStatus,
      hash: `lead ${leadStatus}`,
      observedAt: observedAt(),
    });
    return (signal) => bench.leadStorer.onLead(message, limitsOf(signal));
  }

  function due(...steps: Step[]): Delivery {
    const message = {
      v: 1,
      kind: 'due',
      shop: SHOP.sellerNick,
      orderId,
      reason: 'message',
      steps,
    } as const;
    return (signal) => bench.enricher.onDue(message, limitsOf(signal));
  }

  async function deliver(delivery: Delivery, dies = false): Promise<void> {
    killer = dies ? new AbortController() : undefined;
    try {
      await delivery((killer ?? new AbortController()).signal);
      delivered.push(delivery);
    } catch (thrown) {
      // Killed, or a race lost too often: the queue brings the message back.
      if (!dies && !(thrown instanceof CarferryError && thrown.disposition === 'retry')) throw thrown;
      unacknowledged.push(delivery);
    } finally {
      killer = undefined;
    }
  }

  return {
    orderId,
    leadId,
    truth,
    queue: { tradeNow, lineNow, leadNow, due },
    delivered,
    deliver,
    /** What upstream changes. */
    say: ({ modifies = 0, ...rest }: { modifies?: number; paidFen?: number; leadStatus?: string }): void => {
      truth.modified += modifies;
      Object.assign(truth, rest);
    },
    jump: (ms: number): void => {
      skew = ms;
      bench.time.now = NOW + elapsed + ms;
    },
    /** True clocks, everything that is left, then one sweep: each thing once more as it is now. */
    async settle(): Promise<void> {
      skew = 0;
      elapsed += 2 * DAY;
      bench.time.now = NOW + elapsed;
      for (const delivery of unacknowledged.splice(0).reverse()) await deliver(delivery);
      expect(unacknowledged).toEqual([]);
      await deliver(tradeNow());
      for (const n of truth.lines.keys()) await deliver(lineNow(n));
      await deliver(leadNow());
      await deliver(due('car'));
    },
  };
}
type OrderWorld = ReturnType<typeof createOrderWorld>;
type Command = fc.AsyncCommand<object, OrderWorld>;

function step(name: string, act: (world: OrderWorld) => unknown): Command {
  return {
    check: () => true,
    run: async (_, world) => {
      const before = await bench.orders.read(world.orderId);
      await act(world);
      const after = await bench.orders.read(world.orderId);
      // What is stored of the trade is never older than what was.
      expect((after?.tradeModifiedAt ?? '') >= (before?.tradeModifiedAt ?? '')).toBe(true);
      expect(after?.rev ?? 0).toBeGreaterThanOrEqual(before?.rev ?? 0);
    },
    toString: () => name,
  };
}

const kinds = fc.constantFrom('trade', 'line', 'lead', 'due');
const of = (world: OrderWorld, kind: string, n: number): Delivery => {
  if (kind === 'trade') return world.queue.tradeNow();
  if (kind === 'line') return world.queue.lineNow(n);
  return kind === 'lead' ? world.queue.leadNow() : world.queue.due('car', 'lead');
};

const steps = [
  fc.constant(step('the trade changes', ({ say }) => say({ modifies: 1 }))),
  fc.nat(500).map((fen) => step(`the car is paid ${fen}`, ({ say }) => say({ paidFen: fen }))),
  fc
    .tuple(fc.nat(2), fc.nat(500))
    .map(([n, fen]) => step(`line ${n} says ${fen}`, ({ truth }) => truth.lines.set(n, fen))),
  fc.constantFrom('A', 'B', 'C').map((to) => step(`the lead is ${to}`, ({ say }) => say({ leadStatus: to }))),
  fc.integer({ min: -DAY, max: DAY }).map((ms) => step(`clocks are ${ms} ms off`, (world) => world.jump(ms))),
  fc
    .tuple(kinds, fc.nat(2), fc.boolean())
    .map(([kind, n, dies]) =>
      step(`${kind} ${n} is delivered${dies ? ' to one that dies' : ''}`, (world) =>
        world.deliver(of(world, kind, n), dies),
      ),
    ),
  fc
    .array(fc.tuple(kinds, fc.nat(2)), { minLength: 2, maxLength: 4 })
    .map((several) =>
      step(`${several.join(' ')} are delivered at once`, (world) =>
        Promise.all(several.map(([kind, n]) => world.deliver(of(world, kind, n)))),
      ),
    ),
  fc.nat(50).map((nth) =>
    step(`message ${nth} comes again`, async (world) => {
      const again = world.delivered[nth % Math.max(1, world.delivered.length)];
      if (again !== undefined) await world.deliver(again);
    }),
  ),
];

describe('an order whose upstream changes while messages come late, twice, at once and to consumers that die', () => {
  it('never regresses, and is the truth once everything rests and was seen once more', async () => {
    await fc.assert(
      fc.asyncProperty(fc.commands(steps, { maxCommands: 20, size: '+1' }), async (commands) => {
        const world = createOrderWorld();
        await fc.asyncModelRun(() => ({ model: {}, real: world }), commands);

        await world.settle();

        const { truth } = world;
        const order = await bench.orders.read(world.orderId);
        expect(order).toMatchObject({
          hash: `trade ${truth.modified}`,
          status: STATUSES[truth.modified % STATUSES.length],
          car: { actualPaidFen: truth.paidFen },
          lead: { leadId: world.leadId, statusCode: truth.leadStatus },
          owes: [],
          gaps: {},
        });
        expect(order?.attribution?.lines ?? 0).toBe(truth.lines.size);
        const lines = await bench.adOrders.linesOf(world.orderId);
        expect(lines.map(({ payFen }) => payFen).toSorted()).toEqual([...truth.lines.values()].toSorted());
        expect(await bench.leads.read(world.leadId)).toMatchObject({
          orderStatus: truth.leadStatus,
          order: { status: STATUSES[truth.modified % STATUSES.length] },
        });
      }),
      { numRuns, endOnFailure: true },
    );
  });
});
