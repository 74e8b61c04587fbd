import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bench, startBench } from './bench.ts';
import { type Baseline, runBaseline, runCell } from './cell.ts';
import { cellsOf, nameOf, pairsOf, sampleOf } from './matrix.ts';
import { POINTS, pointsOf } from './points.ts';
import { runScenario, SCENARIOS } from './scenarios/scenarios.ts';

/** Another sample with every change of this number; all cells by `npm run faults`. */
const SEED = 20_261_122;

let bench: Bench;
let baseline: Baseline;
beforeAll(async () => {
  bench = await startBench();
  baseline = await runBaseline(bench);
});
afterAll(() => bench.close());

describe('the crash matrix', () => {
  it('begins with a story that ends in the truth when nothing goes wrong', () => {
    expect(baseline.findings).toEqual([]);
    expect(baseline.effects.size).toBeGreaterThan(15);
  });

  it('has every point of the reliability notes, each with cells that exist', () => {
    const cells = cellsOf(baseline);
    const met = new Set(cells.flatMap(pointsOf));
    const ids = Array.from({ length: 48 }, (_, n) => `C${n + 1}`);

    const without = ids.filter(
      (id) => !met.has(id) && !POINTS[id]?.scenarios?.every((name) => Object.hasOwn(SCENARIOS, name)),
    );

    expect(Object.keys(POINTS)).toEqual(ids);
    expect(without).toEqual([]);
    expect(cells.length).toBeGreaterThan(400);
  });

  it('loses, doubles and regresses nothing in a sample of its cells', async () => {
    const cells = cellsOf(baseline);
    const sample = [...sampleOf(cells, 9, SEED), ...pairsOf(cells, 2, SEED)];

    for (const cell of sample) {
      const { findings } = await runCell(bench, cell, baseline);

      expect(findings, nameOf(cell)).toEqual([]);
    }
  });

  it.each(['stateFromFuture', 'redriveDies', 'queueDownForWebhook'])('recovers from %s', async (name) => {
    const { findings } = await runScenario(bench, name, baseline);

    expect(findings).toEqual([]);
  });
});
