import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startTestEngines, type TestEngines } from '../support/engines.ts';
import { type QuirkBench, startQuirkBench } from './quirkBench.ts';
import { factsOf } from './quirkRun.ts';

/* What becomes true, or is told, long after the first look. */

let engines: TestEngines;
let bench: QuirkBench;
beforeAll(async () => {
  engines = await startTestEngines();
});
afterEach(() => bench.close());
afterAll(() => engines.close());

const MINUTE = 60_000;
const DAY = 86_400_000;

async function work(...pulls: (() => Promise<unknown>)[]): Promise<void> {
  for (const pull of pulls) {
    await pull();
    await bench.work();
  }
}

async function leadOf(orderId: string): Promise<string | undefined> {
  return (await bench.tables.orders.read(orderId))?.lead?.leadId;
}

describe('the sweep of a quarter', () => {
  it('finds payments, refunds and closures of weeks later, and attributes them', async () => {
    const anchorAt = Date.now() - 40 * DAY;
    bench = await startQuirkBench(engines, { trades: 60, seed: 'weeks', anchorAt });
    await bench.freeze(anchorAt);
    await work(bench.pullTrades, bench.pullAdOrders, bench.checkLeads);
    const early = await bench.facts();
    await bench.freeze(null);

    await work(bench.pullTrades, bench.pullAdOrders, bench.checkLeads);
    const live = await bench.facts();
    await work(
      () => bench.pullTrades({ lane: 'quarter' }),
      () => bench.pullAdOrders({ lane: 'quarter' }),
      bench.checkLeads,
    );

    const truth = factsOf(await bench.truth());
    const ids = Object.keys(early);
    const changed = ids.filter((id) => truth[id]?.status !== early[id]?.status);
    expect(changed.length).toBeGreaterThan(3);
    for (const id of changed) expect(live[id]?.status).toBe(early[id]?.status);
    const swept = await bench.facts();
    for (const id of ids) expect(swept[id]).toEqual({ ...truth[id], leadNo: swept[id]?.leadNo });
  });

  it('finds ad lines that were attributed late, and takes over restated ones', async () => {
    bench = await startQuirkBench(engines, { trades: 60, seed: 'restated' });
    await bench.setQuirks({ lateAds: { everyRows: 3, seconds: 91 * 86_400 } });
    await work(bench.pullTrades, bench.pullAdOrders);
    const linesOf = async () => {
      const lines = new Map<string, number | undefined>();
      for await (const line of bench.tables.adOrders.scan()) {
        lines.set(`${line.orderId} ${line.line}`, line.payFen);
      }
      return lines;
    };
    const early = await linesOf();
    await bench.clearQuirks();
    await work(() => bench.pullAdOrders({ lane: 'quarter' }));
    const late = await linesOf();
    await bench.setQuirks({ restatedAds: { everyRows: 2, seconds: 1 } });

    await work(
      () => bench.pullAdOrders({ lane: 'fortnight' }),
      () =>
        bench.pullAdOrders({
          lane: 'backfill',
          from: new Date(Date.now() - 89 * DAY).toISOString(),
          until: new Date(Date.now() - MINUTE).toISOString(),
        }),
    );

    const restated = await linesOf();
    const { adLines, otherSellersAdLines } = await bench.truth();
    expect(early.size).toBeLessThan(late.size);
    expect(late.size).toBe(adLines + otherSellersAdLines);
    expect([...restated.keys()].toSorted()).toEqual([...late.keys()].toSorted());
    const lowered = [...late].filter(([line, payFen = 0]) => (restated.get(line) ?? 0) < payFen);
    expect(lowered.length).toBeGreaterThan(3);
    expect(await bench.facts()).toMatchObject(
      Object.fromEntries(
        Object.entries(factsOf(await bench.truth())).map(([id, fact]) => [id, { adLines: fact.adLines }]),
      ),
    );
  });
});

describe('a lead that appears at the third check', () => {
  it('is found an hour after the order, not earlier, and asked for no more', async () => {
    bench = await startQuirkBench(engines, { trades: 12, seed: 'third' });
    await bench.setQuirks({ lateLeads: { checks: 3 } });
    await work(bench.pullTrades, bench.checkLeads);
    const { detail } = await bench.truth();
    const seller = bench.shops[0]?.sellerNick;
    const [id = '', fact] =
      Object.entries(detail).find(([, { leadNo, shop }]) => leadNo !== null && shop === seller) ?? [];

    const found: (string | undefined)[] = [await leadOf(id)];

    for (const pause of [10 * MINUTE, 50 * MINUTE]) {
      bench.clock.skip(pause + 1000);
      await work(bench.checkLeads);
      found.push(await leadOf(id));
    }

    expect(found).toEqual([undefined, undefined, fact?.leadNo]);
    const open: string[] = [];
    for await (const due of bench.tables.dues.scan()) if (due.reason === 'leadCheck') open.push(due.orderId);
    const without = Object.entries(detail).flatMap(([orderId, { leadNo }]) =>
      leadNo === null ? [orderId] : [],
    );
    expect(open.toSorted()).toEqual(without.toSorted());
  });
});

describe('an item that a reply leaves out', () => {
  it('costs no order anything, stands as missing, and is asked for again a day later', async () => {
    bench = await startQuirkBench(engines, { trades: 25, seed: 'items' });
    const [missing = ''] = Object.values((await bench.truth()).detail).flatMap(({ itemIds }) => itemIds);
    await bench.setQuirks({ absentItems: [missing] });
    await work(bench.pullTrades, bench.pullAdOrders, bench.checkLeads);
    const truth = factsOf(await bench.truth());
    expect(await bench.facts()).toEqual(truth);
    const before = (await bench.tables.items.readMany([missing])).get(missing);
    await bench.clearQuirks();
    bench.clock.skip(DAY + MINUTE);

    const [orderId = ''] = Object.keys(truth).filter((id) => truth[id]?.itemIds.includes(missing));
    await bench.due(orderId, ['items']);

    const after = await bench.tables.orders.read(orderId);
    expect(before).toMatchObject({ missing: true });
    expect(after?.items?.[missing]).toMatchObject({ title: expect.any(String) });
  });
});
