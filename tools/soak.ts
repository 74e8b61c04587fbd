import { startBench } from '../test/faults/bench.ts';
import { randomOf } from '../test/faults/matrix.ts';
import { soak } from '../test/faults/soak.ts';
import { createTotals, lastLine } from '../test/faults/totals.ts';
import { readFlags } from './readFlags.ts';

/*
 * `npm run soak -- --minutes N --seed S`: the whole local system under random faults and kills while its world grows;
 * the memory curve on the way, the oracle at the end. The last line counts; exit code 0 only when nothing was lost,
 * doubled or regressed.
 */

const USAGE = `usage: npm run soak -- [--minutes N] [--seed S]
  --minutes N  how long faults strike (default 5)
  --seed S     of world and faults (default: another one each time; it is printed)\n`;
const { values } = readFlags(USAGE, { minutes: { type: 'string' }, seed: { type: 'string' } });
const minutes = Number(values.minutes ?? '5');
const seed = Number(values.seed ?? String(Date.now() % 1_000_000));
if (!(minutes > 0) || !Number.isSafeInteger(seed)) {
  process.stderr.write(USAGE);
  process.exit(2);
}

const bench = await startBench();
const totals = createTotals();
process.stdout.write(`seed ${seed}, ${minutes} minutes\n`);
const report = await soak(bench, {
  seed: `soak-${seed}`,
  random: randomOf(seed),
  until: Date.now() + minutes * 60_000,
  say: (line) => process.stdout.write(`${line}\n`),
});
await bench.close();
totals.count('cells');
totals.add(report.findings);
for (const { kind, what } of report.findings) process.stdout.write(`${kind}: ${what}\n`);
const struck = Object.entries(report.counts).map(([fault, count]) => `${fault} ${count}`);
process.stdout.write(`${report.rounds} rounds, ${report.orders} orders; faults: ${struck.join(', ')}\n`);
process.stdout.write(`${lastLine(totals)}\n`);
process.exitCode = totals.isClean() ? 0 : 1;
