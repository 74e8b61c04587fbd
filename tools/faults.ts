import { startBench } from '../test/faults/bench.ts';
import { type Cell, type CellResult, runBaseline, runCell } from '../test/faults/cell.ts';
import { cellsOf, nameOf, pairsOf, sampleOf } from '../test/faults/matrix.ts';
import { POINTS, pointsOf } from '../test/faults/points.ts';
import { runScenario, SCENARIOS } from '../test/faults/scenarios/scenarios.ts';
import { createTotals, lastLine } from '../test/faults/totals.ts';
import { readFlags } from './readFlags.ts';

/*
 * `npm run faults`: every point of the crash matrix, every kind, on the real functions in real processes; then seeded
 * random pairs. See docs/faults.md. The last line counts; exit code 0 only when nothing was lost, doubled or regressed.
 */

const USAGE = `usage: npm run faults -- [--pairs N] [--seed S] [--only TEXT] [--sample N] [--json]
  --pairs N    random pairs after the matrix (default 300)
  --seed S     of pairs and sample (default 1)
  --only TEXT  only cells of this point (C11), or whose name holds TEXT; no pairs unless --pairs says so
  --sample N   only so many cells, spread over all of them by the seed
  --json       one JSON object a cell\n`;

const { values } = readFlags(USAGE, {
  pairs: { type: 'string' },
  seed: { type: 'string', default: '1' },
  only: { type: 'string' },
  sample: { type: 'string' },
  json: { type: 'boolean', default: false },
});
const pairs = Number(values.pairs ?? (values.only === undefined ? '300' : '0'));
const seed = Number(values.seed);
if (!Number.isSafeInteger(pairs) || pairs < 0 || !Number.isSafeInteger(seed)) {
  process.stderr.write(USAGE);
  process.exit(2);
}

const bench = await startBench();
const baseline = await runBaseline(bench);
const totals = createTotals();
totals.add(baseline.findings);
for (const { what } of baseline.findings) process.stdout.write(`without any fault: ${what}\n`);

const isPoint = values.only !== undefined && /^C\d+$/.test(values.only);

function isAsked(cell: Cell): boolean {
  const { only } = values;
  if (only === undefined) return true;
  return isPoint ? pointsOf(cell).includes(only) : nameOf(cell).includes(only);
}

/** Points that a scenario belongs to. */
function pointsOfScenario(name: string): string[] {
  return Object.entries(POINTS).flatMap(([id, { scenarios = [] }]) => (scenarios.includes(name) ? [id] : []));
}

const all = cellsOf(baseline);
const asked = all.filter(isAsked);
const cells = values.sample === undefined ? asked : sampleOf(asked, Number(values.sample), seed);
const scenarios = Object.keys(SCENARIOS).filter(
  (name) =>
    values.only === undefined ||
    (isPoint ? pointsOfScenario(name).includes(values.only) : name.includes(values.only)),
);

type Work = {
  readonly name: string;
  readonly points: readonly string[];
  readonly counted: 'cells' | 'pairs';
  readonly run: () => Promise<Pick<CellResult, 'findings' | 'ms'> & { readonly struck?: boolean }>;
};
const work: readonly Work[] = [
  ...scenarios.map((name) => ({
    name,
    points: pointsOfScenario(name),
    counted: 'cells' as const,
    run: () => runScenario(bench, name, baseline),
  })),
  ...[...cells, ...pairsOf(asked.length > 0 ? asked : all, pairs, seed)].map((cell) => ({
    name: nameOf(cell),
    points: pointsOf(cell),
    counted: cell.second === undefined ? ('cells' as const) : ('pairs' as const),
    run: () => runCell(bench, cell, baseline),
  })),
];
const startedAt = Date.now();

for (const [index, { name, points, counted, run }] of work.entries()) {
  const { findings, ms, struck = true } = await run();
  totals.count(counted);
  totals.add(findings);
  const outcome = findings.length > 0 ? 'WRONG' : struck ? 'ok' : 'not met';
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ name, points, outcome, findings, ms: Math.round(ms) })}\n`);
    continue;
  }
  const left = ((Date.now() - startedAt) / (index + 1)) * (work.length - index - 1);
  const place = `${String(index + 1).padStart(4)}/${work.length}  ~${Math.ceil(left / 60_000)} min left`;
  process.stdout.write(
    `${place}  ${outcome.padEnd(7)} ${name}  (${points.join(' ')}) ${Math.round(ms)} ms\n`,
  );
  for (const { kind, what } of findings) process.stdout.write(`        ${kind}: ${what}\n`);
}
await bench.close();
process.stdout.write(`${lastLine(totals)}\n`);
process.exitCode = totals.isClean() ? 0 : 1;
