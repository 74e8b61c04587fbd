import Table from 'cli-table3';
import { Command } from 'commander';
import { enrichOrders } from './enrichOrders.ts';
import { type Figure, type Measurement, meets, type Result } from './figure.ts';
import { importTime } from './importTime.ts';
import { longIds } from './longIds.ts';
import { mainJob } from './mainJob.ts';
import { topCalls } from './topCalls.ts';
import { webhookCheck } from './webhookCheck.ts';

/*
 * `npm run bench`: every figure of docs/performance.md, measured here and now as a ratio within this run. Exits
 * with 1 when one falls short.
 */

/** The long ones last. */
const measurements: readonly Measurement[] = [
  longIds,
  webhookCheck,
  importTime,
  topCalls,
  enrichOrders,
  mainJob,
];
const names = measurements.flatMap(({ figures }) => figures.map(({ name }) => name));

const program = new Command('bench')
  .description('Measures carferry against plain code that does the same, on this machine, now.')
  .option('--json', 'the results as JSON on stdout', false)
  .option('--only <name...>', `only these figures: ${names.join(', ')}`)
  .allowExcessArguments(false);
const flags = program.parse().opts<{ json: boolean; only?: string[] }>();
for (const name of flags.only ?? []) {
  if (!names.includes(name)) program.error(`error: no figure ${name}; there are ${names.join(', ')}`);
}
const wanted = new Set(flags.only ?? names);

type Measured = {
  readonly figure: Figure;
  readonly result: Result;
  readonly word: 'ok' | 'short' | 'failed';
};

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const measured: Measured[] = [];
for (const { figures, measure } of measurements) {
  if (!figures.some(({ name }) => wanted.has(name))) continue;
  const environment = { ...process.env };
  try {
    const results = await measure(wanted, say);
    for (const figure of figures) {
      const result = results.get(figure.name);
      if (result !== undefined)
        measured.push({ figure, result, word: meets(figure, result) ? 'ok' : 'short' });
    }
  } catch (error) {
    // The others are worth having all the same.
    const result = { value: Number.NaN, detail: error instanceof Error ? error.message : String(error) };
    for (const figure of figures.filter(({ name }) => wanted.has(name))) {
      measured.push({ figure, result, word: 'failed' });
    }
  }
  restore(environment);
}

process.stdout.write(flags.json ? `${JSON.stringify(measured.map(asJson), null, 2)}\n` : `${asTable()}\n`);
process.exitCode = measured.every(({ word }) => word === 'ok') ? 0 : 1;

/** A measurement sets variables for the functions it runs; the next one begins without them. */
function restore(environment: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
  Object.assign(process.env, environment);
}

function asJson({ figure: { name, what, inputs, goal }, result, word }: Measured) {
  return { name, what, inputs, goal, ...result, word };
}

function asTable(): string {
  const table = new Table({
    head: ['figure', 'inputs', 'goal', 'result', ''],
    colWidths: [34, 28, 10, 30, 7],
    wordWrap: true,
    style: { head: [], border: [] },
  });
  for (const { figure, result, word } of measured) {
    const { goal } = figure;
    const bound = 'atLeast' in goal ? `≥ ${goal.atLeast}` : `≤ ${goal.atMost}`;
    table.push([
      `${figure.name}: ${figure.what}`,
      figure.inputs,
      `${bound} ${figure.shown.unit}`,
      `${result.value.toFixed(figure.shown.digits)} ${figure.shown.unit}\n${result.detail}`,
      word,
    ]);
  }
  return table.toString();
}
