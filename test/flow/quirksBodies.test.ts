import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startTestEngines, type TestEngines } from '../support/engines.ts';
import { type QuirkBench, startQuirkBench } from './quirkBench.ts';
import { factsOf, METHODS } from './quirkRun.ts';

/* Replies that come slowly, in pieces, in disguise, in other shapes, or for somebody else. */

let engines: TestEngines;
let bench: QuirkBench;
beforeAll(async () => {
  engines = await startTestEngines();
});
afterEach(() => bench.close());
afterAll(() => engines.close());

/** Pulls, works and checks leads, failed checks once more: what a run does. */
async function runAll(): Promise<void> {
  await bench.catchUp();
  for (let looks = 0; looks < 5; looks += 1) {
    await bench.checkLeads();
    await bench.work();
    bench.clock.skip(31_000);
  }
}

async function inventedTitles(): Promise<(string | undefined)[]> {
  const titles: (string | undefined)[] = [];
  for await (const { itemId, title } of bench.tables.items.scan()) {
    if (/^(846|712|Sim)/.test(itemId)) titles.push(title);
  }
  return titles;
}

describe('the flows end with the truth', () => {
  it.each([
    ['when every body is compressed', { gzip: 'always' }],
    ['when connections die before or within a reply', { resetRate: 0.1 }],
    ['when lists are wrapped, empty ones null', { shape: { lists: 'wrapped', empty: 'null' } }],
    ['when lists are flat, empty ones objects', { shape: { lists: 'flat', empty: 'object' } }],
    ['when numbers and booleans come as text', { shape: { scalars: 'text', empty: 'absent' } }],
    ['when texts of digits come as numbers', { shape: { scalars: 'digits' } }],
    ['when every reply spells its scalars in its own way', { shape: { scalars: 'vary' } }],
    ['when another order answers', { foreignReply: { method: METHODS.car, rate: 0.3 } }],
    ['when the lead of another order answers', { foreignReply: { method: METHODS.lead, rate: 0.3 } }],
    ['when other items answer', { foreignReply: { method: METHODS.items, rate: 0.3 } }],
  ])('%s', async (_, quirks) => {
    bench = await startQuirkBench(engines, { trades: 24, shops: 2, seed: 'bodies' });
    await bench.setQuirks(quirks);

    await runAll();

    expect(await bench.facts()).toEqual(factsOf(await bench.truth()));
    expect(await bench.tables.quarantine.count()).toBe(0);
    // Every invented item has a title of its own; the published sample serves one for all its ids.
    const titles = await inventedTitles();
    expect(new Set(titles).size).toBe(titles.length);
  });
});

describe('items that replies leave out', () => {
  const itemsFound = async () => {
    const items = new Map<string, string | undefined>();
    for await (const { itemId, title, missing } of bench.tables.items.scan()) {
      items.set(itemId, missing === true ? undefined : title);
    }
    return items;
  };

  it('are noted as missing, no other takes their place, and a day later they are asked for again', async () => {
    bench = await startQuirkBench(engines, { trades: 24, shops: 1, seed: 'left-out' });
    await bench.setQuirks({ missingItemRate: 0.5 });
    await runAll();
    const early = await itemsFound();
    const earlyFacts = await bench.facts();
    await bench.clearQuirks();
    bench.clock.skip(25 * 3_600_000);

    for (const orderId of Object.keys(earlyFacts)) await bench.due(orderId, ['items']);

    const later = await itemsFound();
    const known = [...early].filter(([, title]) => title !== undefined);
    expect(earlyFacts).toEqual(factsOf(await bench.truth()));
    expect(known.length).toBeGreaterThan(2);
    expect(known.length).toBeLessThan(early.size - 2);
    expect([...later.values()]).not.toContain(undefined);
    expect([...later]).toEqual(expect.arrayContaining(known));
    expect(later.size).toBe(early.size);
  });
});

describe('connections that die before or within a reply', () => {
  it('cost their call another try: no pull ends early and no message comes back', async () => {
    bench = await startQuirkBench(engines, { trades: 24, shops: 1, seed: 'resets' });
    await bench.setQuirks({ resetRate: 0.06 });

    const { streams } = await bench.pullTrades();
    const failures = await bench.work();

    const counts = Object.values(await bench.stats()).map(({ outcomes }) => outcomes);
    expect(streams.map(({ state }) => state)).toEqual(streams.map(() => 'caught-up'));
    expect(failures).toBe(0);
    expect(counts.some((outcomes) => Object.keys(outcomes).some((name) => name.includes('reset')))).toBe(
      true,
    );
  });
});

describe('the listing of another request', () => {
  it('brings no trade into the wrong shop; what it hid, a sweep finds', async () => {
    bench = await startQuirkBench(engines, { trades: 40, shops: 2, seed: 'foreign' });
    await bench.setQuirks({ foreignReply: { method: METHODS.trades, rate: 0.5 } });
    await bench.pullTrades();
    await bench.work();
    const early = await bench.facts();
    await bench.clearQuirks();

    await bench.pullTrades({ lane: 'quarter' });
    await bench.work();

    const shopsOf = (facts: ReturnType<typeof factsOf>) =>
      Object.fromEntries(Object.entries(facts).map(([id, { shop }]) => [id, shop]));
    const truth = shopsOf(factsOf(await bench.truth()));
    expect(truth).toMatchObject(shopsOf(early));
    expect(shopsOf(await bench.facts())).toEqual(truth);
    expect((await bench.stats())[METHODS.trades]?.outcomes['foreign']).toBeGreaterThan(20);
  });
});

describe('a reply that never ends', () => {
  it('costs one call its time, not the run', async () => {
    const timeouts = { headers: 300, body: 300, total: 600 };
    bench = await startQuirkBench(engines, { trades: 10, shops: 0, seed: 'drip', top: { timeouts } });
    await bench.setQuirks({ drip: { rate: 1, bytes: 1, everyMs: 100 } });
    const until = new Date(Date.now() - 1000).toISOString();
    const from = new Date(Date.now() - 60_000).toISOString();

    const { streams } = await bench.pullTrades({ lane: 'live', from, until });
    await bench.setQuirks({ drip: { rate: 1, bytes: 40, everyMs: 1 } });
    const slow = await bench.pullTrades({ lane: 'live', from, until });

    expect(streams).toMatchObject([{ state: 'failed', reason: 'total-timeout' }]);
    expect(slow.streams).toMatchObject([{ state: 'caught-up' }]);
  });
});

describe('a quota that ends for the day', () => {
  it('puts the step into dues until then, leaves a gap, and asks no more', async () => {
    bench = await startQuirkBench(engines, { trades: 20, seed: 'quota' });
    await bench.setQuirks({ ban: { method: METHODS.car, seconds: 31_062 } });
    const bannedAt = Date.now();

    await bench.pullTrades();
    await bench.work();

    const owed: string[] = [];
    for await (const due of bench.tables.dues.scan()) if (due.reason === 'owed') owed.push(due.dueAt);
    const facts = Object.values(await bench.facts());
    expect(facts.length).toBeGreaterThan(10);
    expect(facts.every(({ owes, itemIds }) => owes.includes('car') && itemIds.length > 0)).toBe(true);
    expect(owed.length).toBe(facts.length);
    for (const at of owed) {
      expect(Math.abs(Date.parse(at) - (bannedAt + 31_062_000))).toBeLessThan(60_000);
    }
    const before = (await bench.stats())[METHODS.car]?.calls;
    // Later than a second after the ban was told, nothing may ask any more, although all orders come again.
    await delay(1100);
    await bench.pullTrades({ lane: 'quarter' });
    expect(bench.waiting()).toBe(facts.length);
    await bench.work();
    expect((await bench.stats())[METHODS.car]?.calls).toBe(before);
  });
});
