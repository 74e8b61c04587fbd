import { parseArgs } from 'node:util';
import { startBench } from '../test/faults/bench.ts';
import { type Cell, type CellResult, runBaseline, runCell } from '../test/faults/cell.ts';
import { cellsOf, nameOf, pairsOf } from '../test/faults/matrix.ts';
import { pointsOf } from '../test/faults/points.ts';
import { createTotals, lastLine } from '../test/faults/totals.ts';

/*
 * `npm run faults`: every point of the crash matrix, every kind, on the real functions in real processes; then seeded
 * random pairs. See docs/faults.md. The last line counts; exit code 0 only when nothing was lost, doubled or regressed.
 */

const USAGE = `usage: npm run faults -- [--pairs N] [--seed S] [--only TEXT] [--json]
  --pairs N    random pairs after the matrix (default 300)
  --seed S     of the pairs (default 1)
  --only TEXT  only cells of this point (C11), or whose name holds TEXT; no pairs unless --pairs says so
  --json       one JSON object a cell\n`;

const { values } = parseArgs({
  options: {
    pairs: { type: 'string' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
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

function isAsked(cell: Cell): boolean {
  const { only } = values;
  if (only === undefined) return true;
  return /^C\d+$/.test(only) ? pointsOf(cell).includes(only) : nameOf(cell).includes(only);
}

const all = cellsOf(baseline);
const cells = all.filter(isAsked);
const work = [...cells, ...pairsOf(cells.length > 0 ? cells : all, pairs, seed)];
const startedAt = Date.now();

function print(result: CellResult, index: number): void {
  const { cell, findings, ms, struck } = result;
  const points = pointsOf(cell);
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ ...result, points, ms: Math.round(ms) })}\n`);
    return;
  }
  const left = ((Date.now() - startedAt) / (index + 1)) * (work.length - index - 1);
  const outcome = findings.length > 0 ? 'WRONG' : struck ? 'ok' : 'not met';
  const place = `${String(index + 1).padStart(4)}/${work.length}  ~${Math.ceil(left / 60_000)} min left`;
  process.stdout.write(
    `${place}  ${outcome.padEnd(7)} ${nameOf(cell)}  (${points.join(' ')}) ${Math.round(ms)} ms\n`,
  );
  for (const { kind, what } of findings) process.stdout.write(`        ${kind}: ${what}\n`);
}

for (const [index, cell] of work.entries()) {
  const result = await runCell(bench, cell, baseline);
  totals.count(cell.second === undefined ? 'cells' : 'pairs');
  totals.add(result.findings);
  print(result, index);
}
await bench.close();
process.stdout.write(`${lastLine(totals)}\n`);
process.exitCode = totals.isClean() ? 0 : 1;
