import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { REPLY_TARGETS } from '../test/fuzz/replyTargets.ts';
import { WEBHOOK_TARGETS } from '../test/fuzz/webhookTargets.ts';

/*
 * `npm run fuzz -- --minutes N [--seed S]`: every target of test/fuzz in turn, with fresh seeds, until the time is over.
 * Prints how many inputs each has seen; the first failure is printed with its seed and ends with exit code 1.
 */

const SLICE_MS = 2_000;
const USAGE = 2;

const { values } = parseArgs({ options: { minutes: { type: 'string' }, seed: { type: 'string' } } });
const minutes = Number(values.minutes ?? '5');
let seed = Number(values.seed ?? String(Date.now() % 2_147_483_647));
if (!(minutes > 0) || !Number.isSafeInteger(seed)) {
  process.stderr.write('usage: npm run fuzz -- --minutes N [--seed S]\n');
  process.exit(USAGE);
}

const targets = Object.entries({ ...WEBHOOK_TARGETS, ...REPLY_TARGETS });
const seen = new Map(targets.map(([name]) => [name, 0]));
const end = Date.now() + minutes * 60_000;

/** One slice; false when it found something. */
async function run([name, property]: (typeof targets)[number]): Promise<boolean> {
  seed = (seed + 1) % 2_147_483_647;
  const slice = { seed, numRuns: 1_000_000, interruptAfterTimeLimit: SLICE_MS };
  const details = await fc.check<unknown[]>(property(), slice);
  seen.set(name, (seen.get(name) ?? 0) + details.numRuns);
  if (!details.failed) return true;
  process.stderr.write(`FAILED ${name}: ${fc.defaultReportMessage(details)}\n`);
  return false;
}

let ok = true;
while (ok && Date.now() < end) {
  for (const target of targets) {
    ok = await run(target);
    if (!ok || Date.now() >= end) break;
  }
}
let total = 0;
for (const [name, count] of seen) {
  total += count;
  process.stdout.write(`${String(count).padStart(10)}  ${name}\n`);
}
process.stdout.write(
  `${String(total).padStart(10)}  inputs in ${minutes} minutes, ${ok ? 'nothing found' : '1 failure'}\n`,
);
process.exitCode = ok ? 0 : 1;
