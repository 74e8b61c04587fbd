import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toIso } from '../../lib/domain/chinaTime.ts';
import type { LeadRecord } from '../../lib/domain/leadRecord.ts';
import type { OrderRecord } from '../../lib/domain/order.ts';
import { startTestEngines, type TestEngines } from '../support/engines.ts';
import {
  adLine,
  type Bench,
  createBench,
  leadMessage,
  limits,
  NOW,
  ORDER_ID,
  SHOP,
  tradeMessage,
} from './bench.ts';
import { answerAll } from './fakeTop.ts';

const LEAD_ID = '1851125030483093545';
const PUSHED_ID = 'pushed-1';

/** Everything upstream has to say of one order, as messages; each may come any number of times. */
const DELIVERIES: readonly ((bench: Bench) => Promise<void>)[] = [
  (bench) => bench.enricher.onTrade(tradeMessage(), limits()),
  (bench) => {
    const newer = {
      modifiedAt: '2026-11-20T11:00:00+08:00',
      statusCode: 'TRADE_FINISHED',
      status: 'finished',
    };
    return bench.enricher.onTrade(tradeMessage(newer, 'hash-2'), limits());
  },
  (bench) => bench.storeAdLine(adLine(), limits()),
  (bench) => bench.storeAdLine(adLine({ line: '4277659395456225433#3#click-1', statusCode: 3 }), limits()),
  (bench) => bench.leadStorer.onLead(leadMessage({ phoneIndex: 'phone-index-1' }), limits()),
  (bench) => {
    const later = { phoneIndex: 'phone-index-1', hash: 'lead-hash-2', observedAt: toIso(NOW + 1000) };
    return bench.leadStorer.onLead(leadMessage({ ...later, orderStatus: 'PAID' }), limits());
  },
  (bench) => {
    const pushed = { leadId: PUSHED_ID, source: 'pushed', orderId: undefined, hash: 'pushed-hash' } as const;
    return bench.leadStorer.onLead(leadMessage({ ...pushed, phoneIndex: 'phone-index-1' }), limits());
  },
  (bench) => {
    const noLead = { v: 1, kind: 'noLead', shop: SHOP.sellerNick, orderId: ORDER_ID } as const;
    return bench.leadStorer.onNoLead({ ...noLead, observedAt: toIso(NOW) });
  },
  // What a message of the platform makes of an order: its car and lead are asked for again.
  (bench) =>
    bench.enricher.onDue(
      {
        v: 1,
        kind: 'due',
        shop: SHOP.sellerNick,
        orderId: ORDER_ID,
        reason: 'message',
        steps: ['car', 'lead'],
      },
      limits(),
    ),
];

/** Versions count writes and the envelopes of sealing are random; all the rest must be equal. */
function withoutCounters(record: OrderRecord | LeadRecord | undefined): unknown {
  return JSON.parse(
    JSON.stringify(record, (key, value) =>
      /(^|[a-z])rev$|Rev$|^envelope$|^firstSeenAt$/.test(key) ? undefined : value,
    ) ?? 'null',
  );
}

describe('any multiset of deliveries in any order', () => {
  let engines: TestEngines;
  beforeAll(async () => {
    engines = await startTestEngines();
  });
  afterAll(() => engines.close());

  /** What the tables hold after these deliveries, run in groups that run at once. */
  async function tablesAfter(groups: readonly (readonly number[])[]) {
    const bench = await createBench(engines);
    answerAll(bench.fake.answers);
    for (const group of groups) {
      await Promise.all(group.map((index) => DELIVERIES[index]?.(bench)));
    }
    const [order, pulled, pushed, lines] = await Promise.all([
      bench.orders.read(ORDER_ID),
      bench.leads.read(LEAD_ID),
      bench.leads.read(PUSHED_ID),
      bench.adOrders.linesOf(ORDER_ID),
    ]);
    const parked = await bench.allParked();
    return {
      order: withoutCounters(order),
      pulled: withoutCounters(pulled),
      pushed: withoutCounters(pushed),
      lines,
      parked,
    };
  }

  const everything = DELIVERIES.map((_, index) => index);

  it('gives the same tables, and leads the newest summaries', async () => {
    const expected = await tablesAfter(everything.map((index) => [index]));
    expect(expected).toMatchObject({
      order: { owes: [], status: 'finished', attribution: { lines: 2 }, lead: { statusCode: 'PAID' } },
      pulled: { order: { status: 'finished' }, item: {}, attribution: { lines: 2 }, sameAs: [PUSHED_ID] },
      pushed: { sameAs: [LEAD_ID] },
      parked: [],
    });
    const histories = fc
      .tuple(fc.array(fc.constantFrom(...everything), { maxLength: 6 }), fc.integer({ min: 1, max: 3 }))
      .chain(([doubles, size]) =>
        fc
          .shuffledSubarray([...everything, ...doubles], { minLength: everything.length + doubles.length })
          .map((order) => order.flatMap((_, at) => (at % size === 0 ? [order.slice(at, at + size)] : []))),
      );

    await fc.assert(
      fc.asyncProperty(histories, async (groups) => {
        expect(await tablesAfter(groups)).toEqual(expected);
      }),
      { numRuns: 25, endOnFailure: true },
    );
  });
});
