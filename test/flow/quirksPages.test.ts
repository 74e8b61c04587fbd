import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startTestEngines, type TestEngines } from '../support/engines.ts';
import { type QuirkBench, startQuirkBench } from './quirkBench.ts';
import { factsOf } from './quirkRun.ts';

/* Listings that do not stand still, against the flows of the functions. Two rows a page, so that days have pages. */

let engines: TestEngines;
let bench: QuirkBench;
beforeAll(async () => {
  engines = await startTestEngines();
});
afterEach(() => bench.close());
afterAll(() => engines.close());

const crowded = { trades: 130, pageSize: 2, seed: 'pages' };

async function pullAll(input?: Parameters<QuirkBench['pullTrades']>[0]) {
  const { streams } = await bench.pullTrades(input);
  await bench.work();
  return streams;
}

/** The trades as they should be, whatever else is known of the orders. */
async function tradesOf(facts: Promise<ReturnType<typeof factsOf>>) {
  return Object.fromEntries(
    Object.entries(await facts).map(([id, { status, modified }]) => [id, { status, modified }]),
  );
}
const expected = () => tradesOf(bench.truth().then(factsOf));
const stored = () => tradesOf(bench.facts());

describe('a listing that moves while it is read', () => {
  it.each([
    ['rows that appear between pages', { shiftingTotals: { rows: 3, everyCalls: 1 } }],
    ['pages that shift while the total stays', { shiftingPages: { times: 3 } }],
    ['the same trade on two pages', { overlappingPages: true }],
  ])('loses no trade and closes every window: %s', async (_, quirks) => {
    bench = await startQuirkBench(engines, crowded);
    await bench.setQuirks(quirks);

    const streams = await pullAll();

    expect(streams.map(({ state, openWindows }) => [state, openWindows])).toEqual([
      ['caught-up', 0],
      ['caught-up', 0],
    ]);
    expect(await stored()).toEqual(await expected());
  });

  it('finds a row that was indexed late in the next sweep', async () => {
    bench = await startQuirkBench(engines, crowded);
    await bench.setQuirks({ lateRows: { everyRows: 3, seconds: 91 * 86_400 } });
    await pullAll();
    const early = Object.keys(await stored()).length;
    await bench.clearQuirks();

    await pullAll();
    const live = Object.keys(await stored()).length;
    await pullAll({ lane: 'quarter' });

    expect(early).toBeLessThan(110);
    expect(live).toBe(early);
    expect(await stored()).toEqual(await expected());
  });

  it('keeps the newer state of a trade when an older one is listed after it', async () => {
    bench = await startQuirkBench(engines, crowded);
    await pullAll();
    const before = await stored();
    await bench.setQuirks({ staleRows: { everyCalls: 1, seconds: 20 * 86_400 } });

    const streams = await pullAll({ lane: 'quarter' });

    expect(streams.reduce((sum, { enqueued }) => sum + enqueued, 0)).toBeGreaterThan(5);
    expect(await stored()).toEqual(before);
    expect(before).toEqual(await expected());
  });
});
