import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot, readTemplate } from '../../infra/local/template.ts';
import type { CostFlags } from './flags.ts';
import type { Assumptions, Parts } from './model.ts';

const DAY_MS = 86_400_000;
const SWEEPS = [
  { name: 'day', days: 1 },
  { name: 'fortnight', days: 14 },
  { name: 'quarter', days: 90 },
];

/** What is not measured: as the flags say it, and as the template has it. */
export function assumptionsOf(flags: CostFlags): Assumptions {
  const { schedules } = readTemplate();
  const scheduledPerDay: Record<string, number> = {};
  for (const { function: name, everyMs, input } of schedules) {
    // Sweeps are counted by the orders they meet.
    if (/"lane":"(?!live)/.test(JSON.stringify(input))) continue;
    scheduledPerDay[name] = (scheduledPerDay[name] ?? 0) + DAY_MS / everyMs;
  }
  const sweeps = SWEEPS.map(({ name, days }) => {
    const schedule = schedules.find(
      ({ function: of, input }) => of === 'pullTrades' && JSON.stringify(input).includes(`"${name}"`),
    );
    return { name, days, perDay: schedule === undefined ? 0 : DAY_MS / schedule.everyMs };
  });
  const alarms = readFileSync(join(projectRoot, 'infra', 'alarms.yml'), 'utf8');
  return {
    timesAgain: flags.again,
    leadChecks: flags.checks,
    pushedLeads: flags.pushed,
    keptDays: flags.keptDays,
    egress: flags.egress,
    sweeps,
    alarms: alarms.split('AWS::CloudWatch::Alarm').length - 1,
    scheduledPerDay,
  };
}

/** Everything that a reader must know before believing a sum. Pure. */
export function explainAssumptions(
  { timesAgain, leadChecks, keptDays, sweeps }: Assumptions,
  { awsMs, topMs }: Pick<CostFlags, 'awsMs' | 'topMs'>,
  { memoryMb, bytesPerOrder, measuredOrders: [small, large] }: Parts,
): string[] {
  const swept = sweeps.map(({ name, perDay, days }) => `${(perDay * days).toFixed(0)} days (${name})`);
  return [
    `Measured on this machine over ${small} and ${large} invented orders of one shop: commands, their size, invocations and time.`,
    `Time is what an invocation took with ${awsMs} ms for every answer of AWS and ${topMs} ms of TOP; several share one core here, as one of ${memoryMb} MB has a third of one there.`,
    `An order is worked on ${timesAgain} times more after its first, and asked for its lead ${leadChecks} times more.`,
    `The sweeps of one day meet the orders of ${swept.join(', ')} again; a day without orders costs them something as well.`,
    `Orders are kept ${keptDays} days, ${(bytesPerOrder / 1000).toFixed(1)} kB each with everything about them; recovery costs as much again.`,
    `Indexes: one write unit for each that holds more than keys, at every write; in truth fewer.`,
    `Event sources poll with five long polls a queue, also when nothing comes.`,
    `Logs: 1.2 kB an invocation. Neither free tiers nor taxes nor traffic out but through the NAT.`,
  ];
}
