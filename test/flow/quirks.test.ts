import { afterEach, describe, expect, it } from 'vitest';
import { factsFound, factsOf, type QuirkRun, startQuirkRun } from './quirkRun.ts';

/* Whole runs of `npm start -- --once` against a gateway that misbehaves as the real one does. */

let world: QuirkRun;
afterEach(() => world.close());

describe('a run against a gateway that fails now and then', () => {
  it('ends with every order as it truly is', async () => {
    world = await startQuirkRun({ seed: 'faults' });
    await world.setQuirks({
      htmlRate: 0.05,
      truncateRate: 0.05,
      serverErrorRate: 0.05,
      unknownFieldRate: 0.2,
    });

    const ended = await world.once();

    const summary = ended.summary();
    const truth = await world.truth(summary);
    expect([ended.code, summary.incomplete, summary.parked.reasons], ended.stderr).toEqual([0, [], []]);
    expect(truth.orders).toBeGreaterThan(30);
    expect(factsFound(await world.orders())).toEqual(factsOf(truth));
    expect(summary.tables).toMatchObject({
      orders: truth.orders,
      leads: truth.leads,
      adOrders: truth.adLines + truth.otherSellersAdLines,
      items: truth.items,
    });
    expect(Object.values(await world.stats()).flatMap(({ outcomes }) => Object.keys(outcomes))).toEqual(
      expect.arrayContaining(['html', 'serverError', 'truncated']),
    );
  });
});
