import { CommanderError } from 'commander';
import { CarferryError } from '../../lib/core/errors.ts';
import { type Flags, readFlags } from './flags.ts';
import { runOnce } from './once.ts';
import { printSummary } from './printSummary.ts';
import { runOn } from './run.ts';
import { readSettings } from './settings.ts';
import { stopSignal } from './stopSignal.ts';
import { startSystem } from './system.ts';
import { createPaint, wantsColour } from './terminal/paint.ts';
import { createTerminal } from './terminal/terminal.ts';

/* `npm start`: the whole system on this machine. Exit codes: 0 all adds up, 1 unfinished, 2 bad configuration. */

const UNFINISHED = 1;
const BAD_CONFIGURATION = 2;

const terminal = createTerminal(process.stderr, process.env);
const { say } = terminal;

async function run(flags: Flags): Promise<number> {
  const settings = readSettings(process.env);
  const stop = stopSignal();
  const system = await startSystem({
    settings,
    data: flags.memory ? undefined : flags.data,
    environment: process.env,
  });
  say(whereFrom(system.simulatorUrl, flags));
  try {
    const common = { signal: stop.signal, terminal };
    const summary = flags.once
      ? await runOnce(system, { ...common, from: flags.from, to: flags.to, limitMinutes: flags.limit })
      : await runOn(system, { ...common, port: flags.port });
    const paint = createPaint(wantsColour(process.stdout, process.env));
    await write(
      flags.json
        ? `${JSON.stringify(summary, null, 2)}\n`
        : printSummary(summary, { paint, wasStopped: !flags.once }),
    );
    return summary.ok || !flags.once ? 0 : UNFINISHED;
  } finally {
    await system.close();
  }
}

function whereFrom(simulatorUrl: string | undefined, flags: Flags): string {
  const gateway = simulatorUrl === undefined ? 'the real gateway' : `the simulator on ${simulatorUrl}`;
  return `carferry pulls from ${gateway}; ${flags.memory ? 'nothing is kept' : `tables in ${flags.data}`}`;
}

function write(text: string): Promise<void> {
  return new Promise((resolve) => void process.stdout.write(text, () => resolve()));
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : BAD_CONFIGURATION;
  if (error instanceof CarferryError) {
    const hint = error.hint === undefined ? '' : ` (${error.hint})`;
    say(`error: ${error.message}${hint}`);
    const configured = error.reason === 'configuration' || error.reason === 'wrong-data-key';
    return configured ? BAD_CONFIGURATION : UNFINISHED;
  }
  say(`error: ${error instanceof Error ? error.message : String(error)}`);
  return UNFINISHED;
}

// Ends even if a call of a stopped run is still open.
try {
  process.exit(await run(readFlags(process.argv.slice(2))));
} catch (error) {
  process.exit(exitCodeOf(error));
}
