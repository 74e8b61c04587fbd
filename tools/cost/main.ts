import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CommanderError } from 'commander';
import { CarferryError } from '../../lib/core/errors.ts';
import { assumptionsOf, explainAssumptions } from './assumptions.ts';
import { type CostFlags, readCostFlags } from './flags.ts';
import type { Measured } from './measure.ts';
import { monthOf, type Parts, partsOf, topCallsPerSecond } from './model.ts';
import { costsOf, pricesOf, readPriceTable } from './prices.ts';
import { type Estimate, printCost } from './printCost.ts';

/*
 * `npm run cost`: what a stage costs a month, from what this machine measures now and a dated table of prices. Exit codes:
 * 0; 1 when measuring failed; 2 when it was refused before.
 */

const VOLUMES = [1_000, 10_000, 1_000_000];

const run = promisify(execFile);
const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function measureIn(trades: number, { awsMs, topMs }: CostFlags): Promise<Measured> {
  say(`measures a world of ${trades} orders …`);
  const program = join(import.meta.dirname, 'measure.ts');
  const { stdout } = await run(process.execPath, [program, JSON.stringify({ trades, awsMs, topMs })]);
  const found: Measured = JSON.parse(stdout);
  return found;
}

async function measure(flags: CostFlags): Promise<Parts> {
  const small = await measureIn(Math.ceil(flags.trades / 6), flags);
  return partsOf(small, await measureIn(flags.trades, flags));
}

async function estimate(flags: CostFlags): Promise<Estimate> {
  const table = readPriceTable();
  const { currency, pricePages, prices } = pricesOf(table, flags.region);
  const assumed = assumptionsOf(flags);
  const measured = await measure(flags);
  const months = VOLUMES.map((ordersPerDay) => {
    const amounts = monthOf(ordersPerDay, measured, assumed);
    const costs = costsOf(amounts, prices);
    const total = Object.values(costs).reduce((whole, cost) => whole + cost, 0);
    const calls = topCallsPerSecond(ordersPerDay, measured, assumed);
    return { ordersPerDay, amounts, costs, total, topCallsPerSecond: calls };
  });
  const assumptions = explainAssumptions(assumed, flags, measured);
  return {
    ...{ region: flags.region, currency, pricePages, asOf: table.asOf, note: table.note, prices },
    ...{ measured, assumed, assumptions, months },
  };
}

function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const hint = error instanceof CarferryError && error.hint !== undefined ? ` (${error.hint})` : '';
  say(`error: ${error instanceof Error ? error.message : String(error)}${hint}`);
  return error instanceof CarferryError && error.reason === 'configuration' ? 2 : 1;
}

try {
  const flags = readCostFlags(process.argv.slice(2));
  const found = await estimate(flags);
  process.stdout.write(flags.json ? `${JSON.stringify(found, null, 2)}\n` : printCost(found));
} catch (error) {
  process.exitCode = explain(error);
}
