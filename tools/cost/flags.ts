import { Command, InvalidArgumentError, Option } from 'commander';
import { whole } from '../../infra/cli/flagTypes.ts';

export type CostFlags = {
  readonly region: string;
  readonly trades: number;
  readonly awsMs: number;
  readonly topMs: number;
  readonly again: number;
  readonly checks: number;
  readonly pushed: number;
  readonly keptDays: number;
  readonly egress: 'none' | 'natEip';
  readonly json: boolean;
};

/** Two worlds are measured, the smaller a sixth of this; smaller ones say nothing of one more order. */
const LEAST_TRADES = 60;

/** The command line of `npm run cost`; throws CommanderError, already explained on stderr, when it is wrong. */
export function readCostFlags(argv: readonly string[]): CostFlags {
  const program = new Command('npm run cost --')
    .description('Estimates what a stage costs a month: measured work times a dated table of prices.')
    .option('--region <region>', 'whose prices, and in whose currency', 'ap-southeast-1')
    .option('--trades <n>', 'size of the invented world that is measured', whole(LEAST_TRADES, 100_000), 900)
    .option('--aws-ms <ms>', 'how long AWS takes to answer', whole(0, 10_000), 6)
    .option('--top-ms <ms>', 'how long TOP takes to answer', whole(0, 10_000), 120)
    .option('--again <n>', 'times an order is worked on again: changes and dues', whole(0, 1_000), 6)
    .option('--checks <n>', 'lead checks of an order after the first', whole(0, 1_000), 4)
    .option('--pushed <part>', 'part of the orders for which a lead is pushed', part, 0.3)
    .option('--kept-days <n>', 'how long orders are kept', whole(0, 100_000), 365)
    .addOption(
      new Option('--egress <kind>', 'fixed address or not').choices(['none', 'natEip']).default('natEip'),
    )
    .option('--json', 'everything as one JSON object on stdout', false)
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(`${text.trim().replaceAll('\n', ' ')} (try --help)\n`),
    });
  return program.parse([...argv], { from: 'user' }).opts<CostFlags>();
}

function part(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1)) throw new InvalidArgumentError('from 0 to 1.');
  return value;
}
