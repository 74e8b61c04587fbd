import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Table from 'cli-table3';
import { Command, InvalidArgumentError, Option } from 'commander';
import * as z from 'zod';
import { readTemplate } from '../../infra/local/template.ts';
import type { Measured } from './measure.ts';
import { type Amounts, type Assumptions, monthOf, partsOf, topCallsPerSecond } from './model.ts';

/* `npm run cost`: what a stage costs a month, from what this machine measures now and a dated table of prices. */

const VOLUMES = [1_000, 10_000, 1_000_000];
const root = join(import.meta.dirname, '../..');

const priceSchema = z.object({
  price: z.number(),
  per: z.number(),
  unit: z.string(),
  source: z.string().nullable(),
});
const pricesSchema = z.object({
  asOf: z.iso.date(),
  note: z.string(),
  regions: z.record(
    z.string(),
    z.object({ currency: z.string(), pricePages: z.string(), prices: z.record(z.string(), priceSchema) }),
  ),
});
const { asOf, note, regions } = pricesSchema.parse(
  JSON.parse(readFileSync(join(root, 'tools/cost/prices.json'), 'utf8')),
);

function count(text: string): number {
  const found = z.coerce.number().min(0).safeParse(text);
  if (!found.success) throw new InvalidArgumentError('expected a number from 0');
  return found.data;
}
const flags = z
  .object({
    region: z.string(),
    trades: z.number(),
    awsMs: z.number(),
    topMs: z.number(),
    again: z.number(),
    checks: z.number(),
    pushed: z.number(),
    keptDays: z.number(),
    egress: z.enum(['none', 'natEip']),
    json: z.boolean(),
  })
  .parse(
    new Command('cost')
      .description('Estimates what a stage costs a month: measured work times a dated table of prices.')
      .addOption(
        new Option('--region <region>', 'whose prices')
          .choices(Object.keys(regions))
          .default('ap-southeast-1'),
      )
      .option('--trades <n>', 'size of the invented world that is measured', count, 900)
      .option('--aws-ms <ms>', 'how long AWS takes to answer', count, 6)
      .option('--top-ms <ms>', 'how long TOP takes to answer', count, 120)
      .option('--again <n>', 'times an order is worked on again: changes and dues', count, 6)
      .option('--checks <n>', 'lead checks of an order after the first', count, 4)
      .option('--pushed <part>', 'part of the orders for which a lead is pushed', count, 0.3)
      .option('--kept-days <n>', 'how long orders are kept', count, 365)
      .addOption(
        new Option('--egress <kind>', 'fixed address or not').choices(['none', 'natEip']).default('natEip'),
      )
      .option('--json', 'everything as one JSON object on stdout', false)
      .allowExcessArguments(false)
      .parse()
      .opts(),
  );

const { schedules } = readTemplate();
const scheduledPerDay: Record<string, number> = {};
for (const { function: name, everyMs, input } of schedules) {
  // Sweeps are counted by the orders they meet.
  if (/"lane":"(?!live)/.test(JSON.stringify(input))) continue;
  scheduledPerDay[name] = (scheduledPerDay[name] ?? 0) + 86_400_000 / everyMs;
}
const sweeps = [
  { name: 'day', days: 1 },
  { name: 'fortnight', days: 14 },
  { name: 'quarter', days: 90 },
].map(({ name, days }) => {
  const schedule = schedules.find(
    ({ function: of, input }) => of === 'pullTrades' && JSON.stringify(input).includes(`"${name}"`),
  );
  return { name, days, perDay: schedule === undefined ? 0 : 86_400_000 / schedule.everyMs };
});
const alarms =
  readFileSync(join(root, 'infra/alarms.yml'), 'utf8').split('AWS::CloudWatch::Alarm').length - 1;
const assumed: Assumptions = {
  timesAgain: flags.again,
  leadChecks: flags.checks,
  pushedLeads: flags.pushed,
  keptDays: flags.keptDays,
  egress: flags.egress,
  sweeps,
  alarms,
  scheduledPerDay,
};

const run = promisify(execFile);

async function measureIn(trades: number): Promise<Measured> {
  const { awsMs, topMs } = flags;
  process.stderr.write(`measures a world of ${trades} orders …
`);
  const program = join(root, 'tools/cost/measure.ts');
  const { stdout } = await run(process.execPath, [program, JSON.stringify({ trades, awsMs, topMs })]);
  const found: Measured = JSON.parse(stdout);
  return found;
}

const small = await measureIn(Math.ceil(flags.trades / 6));
const large = await measureIn(flags.trades);
const measured = partsOf(small, large);
const region = regions[flags.region];
if (region === undefined) throw new Error(`no prices of ${flags.region}`);
const { currency, prices, pricePages } = region;
const months = VOLUMES.map((ordersPerDay) => {
  const amounts = monthOf(ordersPerDay, measured, assumed);
  const costs = costsOf(amounts);
  const total = Object.values(costs).reduce((whole, cost) => whole + cost, 0);
  return {
    ordersPerDay,
    amounts,
    costs,
    total,
    topCallsPerSecond: topCallsPerSecond(ordersPerDay, measured, assumed),
  };
});

function costsOf(amounts: Amounts): Record<string, number> {
  return Object.fromEntries(
    Object.entries(amounts).map(([name, amount]) => {
      const price = prices[name];
      if (price === undefined) throw new Error(`prices.json: ${flags.region} has no ${name}`);
      return [name, (amount / price.per) * price.price];
    }),
  );
}

const assumptions = [
  `Measured on this machine over ${small.orders} and ${large.orders} invented orders of one shop: commands, their size, invocations and time.`,
  `Time is what an invocation took with ${flags.awsMs} ms for every answer of AWS and ${flags.topMs} ms of TOP; several share one core here, as one of ${measured.memoryMb} MB has a third of one there.`,
  `An order is worked on ${flags.again} times more after its first, and asked for its lead ${flags.checks} times more.`,
  `The sweeps of one day meet the orders of ${sweeps.map(({ name, perDay, days }) => `${(perDay * days).toFixed(0)} days (${name})`).join(', ')} again; a day without orders costs them something as well.`,
  `Orders are kept ${flags.keptDays} days, ${(measured.bytesPerOrder / 1000).toFixed(1)} kB each with everything about them; recovery costs as much again.`,
  `Indexes: one write unit for each that holds more than keys, at every write; in truth fewer.`,
  `Event sources poll with five long polls a queue, also when nothing comes.`,
  `Logs: 1.2 kB an invocation. Neither free tiers nor taxes nor traffic out but through the NAT.`,
];

if (flags.json) {
  const document = {
    region: flags.region,
    currency,
    asOf,
    note,
    prices,
    measured,
    assumed,
    assumptions,
    months,
  };
  process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
} else {
  const table = new Table({
    head: ['a month', ...VOLUMES.map((volume) => `${volume.toLocaleString('en')} orders a day`), ''],
    style: { head: [], border: [] },
    colAligns: ['left', 'right', 'right', 'right', 'left'],
  });
  for (const [name, { unit, source }] of Object.entries(prices)) {
    const cells = months.map(
      ({ amounts, costs }) => `${rounded(amounts[name] ?? 0)} = ${(costs[name] ?? 0).toFixed(2)}`,
    );
    table.push([unit, ...cells, source === null ? 'unconfirmed' : '']);
  }
  table.push([`total, ${currency}`, ...months.map(({ total }) => total.toFixed(2)), '']);
  table.push(['calls of TOP a second', ...months.map((month) => month.topCallsPerSecond.toFixed(2)), '']);
  const lines = [
    table.toString(),
    '',
    ...assumptions.map((line) => `- ${line}`),
    `- Prices of ${flags.region}, ${asOf}. ${note} Unconfirmed ones: see ${pricePages}.`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function rounded(amount: number): string {
  return amount.toLocaleString('en', { maximumSignificantDigits: 3 });
}
