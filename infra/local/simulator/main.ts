import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { type Quirks, readQuirks } from './quirks.ts';
import { readScenario, type Scenario } from './scenario/scenario.ts';
import { type Simulator, startSimulator } from './simulator.ts';

const BAD_USAGE = 2;

function wholeNumber(most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value > most)
      throw new InvalidArgumentError(`a whole number from 0 to ${most}.`);
    return value;
  };
}

function rate(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError('a number from 0.');
  return value;
}

function scenario(file: string): Scenario {
  try {
    return readScenario(file);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

function quirks(text: string): Quirks {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new InvalidArgumentError('must be JSON, e.g. {"htmlRate":0.1}.');
  }
  const read = readQuirks(document);
  if (typeof read === 'string') throw new InvalidArgumentError(read);
  return read;
}

type Flags = {
  port: number;
  seed: string;
  trades: number;
  shops: number;
  growth: number;
  scenario?: Scenario;
  quirks?: Quirks;
};

const program = new Command('simulator')
  .description('A Taobao gateway on this machine, with an invented world of shops, orders and leads.')
  .option('--port <number>', 'TCP port on 127.0.0.1', wholeNumber(65_535), 8799)
  .option('--seed <text>', 'which invented world', 'carferry')
  .option('--trades <number>', 'trades in the 90 days before now', wholeNumber(1_000_000), 400)
  .option('--shops <number>', 'generated shops, besides the shop of published samples', wholeNumber(50), 3)
  .option('--growth <number>', 'new trades per minute', rate, 20)
  .option('--scenario <file>', 'shops, trades and quirks of a file instead; see docs/scenarios.md', scenario)
  .option('--quirks <json>', 'faults from the start, as for POST /_sim/quirks', quirks)
  .allowExcessArguments(false)
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(`${text.trim()} Try --help.\n`) });

async function main(): Promise<void> {
  let flags: Flags;
  try {
    flags = program.parse().opts<Flags>();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? 0 : BAD_USAGE;
    return;
  }
  let simulator: Simulator;
  try {
    simulator = await startSimulator({ ...flags, growthPerMinute: flags.growth });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const reason = code === 'EADDRINUSE' ? 'the port is in use' : code;
    process.stderr.write(`error: cannot listen on 127.0.0.1:${flags.port}: ${reason}. Try --port.\n`);
    process.exitCode = BAD_USAGE;
    return;
  }
  process.stdout.write(announcement(simulator));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void simulator.close());
  }
}

function announcement({ url, topUrl, qimenUrl, info }: Simulator): string {
  const shops = info.shops.map(({ sellerNick, session }) => ({ sellerNick, session }));
  return `Gateway simulator on ${url} (control API: ${url}/_sim/info)
World: seed ${info.seed}, history up to ${new Date(info.anchorAt).toISOString()}; everything in it is invented.
${info.shops.map(({ sellerNick, session }) => `  shop ${sellerNick}  session ${session}`).join('\n')}

To point a client at it (these credentials open nothing else):

export TOP_GATEWAY_URL='${topUrl}'
export QIMEN_GATEWAY_URL='${qimenUrl}'
export TOP_APP_KEY='${info.appKey}'
export TOP_APP_SECRET='${info.appSecret}'
export QIMEN_TARGET_APP_KEY='${info.targetAppKey}'
export CARFERRY_SHOPS='${JSON.stringify(shops)}'
`;
}

await main();
