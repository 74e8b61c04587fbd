import { Argument, Command, CommanderError, InvalidArgumentError } from 'commander';
import { CarferryError } from '../../lib/core/errors.ts';
import { VERSION } from '../../lib/core/version.ts';
import { documentsOf, EXPORTS, type ExportName, orderWithCompany } from './documents.ts';
import { type OpenData, openData } from './openData.ts';
import { printStatus, readStatus } from './status.ts';

/* `npm run -s carferry -- …`: looks into a data folder, whether a run holds it or not. Exit codes: 0, 1, 2. */

type DataFlags = { readonly data: string; readonly unseal?: boolean; readonly json?: boolean };

const DATA = ['--data <dir>', 'data folder of npm start', '.carferry'] as const;
const UNSEAL = [
  '--unseal',
  'show personal data in clear; needs the key (folder or CARFERRY_DATA_KEY)',
] as const;

const program = new Command('carferry')
  .description('Looks into the tables that npm start fills.')
  .version(VERSION)
  .exitOverride()
  .configureOutput({
    outputError: (text, write) => write(`${text.trim().replaceAll('\n', ' ')} (try --help)\n`),
  })
  .addHelpText(
    'after',
    `
Examples:
  npm run -s carferry -- export orders > orders.ndjson
  npm run -s carferry -- export leads --data /srv/carferry --unseal
  npm run -s carferry -- show 4277659395456225432
  npm run -s carferry -- status
`,
  );

program
  .command('export')
  .description('writes every document of one kind to stdout, one JSON object a line; schemas: docs/schema/')
  .addArgument(new Argument('<what>', 'which documents').choices(EXPORTS))
  .option(...DATA)
  .option(...UNSEAL)
  .action((what: ExportName, flags: DataFlags) =>
    withData(flags, async (data) => {
      const keys = flags.unseal ? data.keys() : undefined;
      for await (const document of documentsOf(what, data, keys))
        await write(`${JSON.stringify(document)}\n`);
    }),
  );

program
  .command('show')
  .description('one order with its lead and ad lines, as JSON')
  .argument('<orderId>', 'digits of the order id', orderId)
  .option(...DATA)
  .option(...UNSEAL)
  .action((id: string, flags: DataFlags) =>
    withData(flags, async (data) => {
      const found = await orderWithCompany(id, data, flags.unseal ? data.keys() : undefined);
      await write(`${JSON.stringify(found, null, 2)}\n`);
    }),
  );

program
  .command('status')
  .description('what the tables and queues hold, where the streams stand, what is parked or halted')
  .option(...DATA)
  .option('--json', 'as JSON')
  .action((flags: DataFlags) =>
    withData(flags, async (data) => {
      const status = await readStatus(data);
      await write(flags.json ? `${JSON.stringify(status, null, 2)}\n` : printStatus(status));
    }),
  );

async function withData(flags: DataFlags, work: (data: OpenData) => Promise<void>): Promise<void> {
  const data = await openData(flags.data, process.env);
  try {
    await work(data);
  } finally {
    await data.close();
  }
}

function orderId(text: string): string {
  if (!/^\d{1,32}$/.test(text)) throw new InvalidArgumentError('an order id is digits only.');
  return text;
}

/** Waits for the reader, so that an export of any size stays small in memory. */
function write(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  // The reader has closed the pipe, as `head` does.
  if (error instanceof Error && 'code' in error && error.code === 'EPIPE') return 0;
  const hint = error instanceof CarferryError && error.hint !== undefined ? ` (${error.hint})` : '';
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}${hint}\n`);
  return error instanceof CarferryError && error.reason === 'configuration' ? 2 : 1;
}

process.stdout.on('error', () => {});
try {
  await program.parseAsync();
  process.exit(0);
} catch (error) {
  process.exit(explain(error));
}
