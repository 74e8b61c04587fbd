import { Command, InvalidArgumentError } from 'commander';

export type Flags = {
  readonly once: boolean;
  readonly json: boolean;
  readonly memory: boolean;
  readonly data: string;
  readonly port: number;
  readonly limit: number;
  /** Epoch ms. */
  readonly from?: number;
  readonly to?: number;
};

const EXAMPLES = `
Examples:
  npm start                                   run on, against the built-in simulator
  npm start -- --once                         pull everything once, print a summary
  npm start -s -- --once --memory --json      the same, nothing kept, summary as JSON on stdout
  npm start -- --once --from 2026-11-01T00:00:00+08:00 --to 2026-11-08T00:00:00+08:00

Without TOP_GATEWAY_URL and QIMEN_GATEWAY_URL the simulator is used. Against the real gateway set both, and
TOP_APP_KEY, TOP_APP_SECRET, QIMEN_TARGET_APP_KEY and CARFERRY_SHOPS='[{"sellerNick":"…","session":"…"}]'.
Exit codes: 0 all adds up, 1 something is unfinished or was parked, 2 bad configuration.
`;

/** The command line of `npm start`; throws CommanderError, already explained on stderr, when it is wrong. */
export function readFlags(argv: readonly string[]): Flags {
  const program = new Command('npm start --')
    .description('Ferries the orders and leads of car sellers from the Taobao Open Platform into tables.')
    .option('--once', 'pull everything up to now, drain all queues, print a summary, end', false)
    .option('--json', 'the summary as JSON on stdout, everything else on stderr', false)
    .option('--memory', 'keep nothing on disk', false)
    .option('--data <dir>', 'folder for tables and keys', '.carferry')
    .option('--port <number>', 'HTTP port of the webhook', whole(0, 65_535), 8787)
    .option('--limit <minutes>', 'end an unfinished --once with exit code 1', minutes, 30)
    .option('--from <iso>', 'with --once: pull from this creation time on', moment)
    .option('--to <iso>', 'with --once: pull up to this creation time', moment)
    .addHelpText('after', EXAMPLES)
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(`${text.trim().replaceAll('\n', ' ')} (try --help)\n`),
    });
  program.parse([...argv], { from: 'user' });
  const flags = program.opts<Flags>();
  const refuse = (message: string): never => program.error(`error: ${message}`);
  if (flags.data.trim() === '') refuse('--data needs a folder');
  if (flags.memory && program.getOptionValueSource('data') === 'cli')
    refuse('--memory keeps nothing: leave --data out');
  if (!flags.once) {
    for (const name of ['from', 'to', 'limit'] as const) {
      if (program.getOptionValueSource(name) === 'cli') refuse(`--${name} needs --once`);
    }
  }
  if (flags.from !== undefined && flags.to !== undefined && flags.from >= flags.to) {
    refuse('--from must be before --to');
  }
  return flags;
}

function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most) {
      throw new InvalidArgumentError(`a whole number from ${least} to ${most}.`);
    }
    return value;
  };
}

function minutes(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value > 0) || value > 20_000) {
    throw new InvalidArgumentError('minutes, above 0 and up to 20000.');
  }
  return value;
}

const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/;

function moment(text: string): number {
  const value = Date.parse(text);
  if (!ISO.test(text) || Number.isNaN(value)) {
    throw new InvalidArgumentError('an ISO 8601 time with offset, e.g. 2026-11-01T00:00:00+08:00.');
  }
  return value;
}
