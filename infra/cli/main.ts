import { Command, CommanderError } from 'commander';
import { CarferryError } from '../../lib/core/errors.ts';
import { VERSION } from '../../lib/core/version.ts';
import { say, withExamples } from './command.ts';
import { addApp } from './commands/app.ts';
import { addAuthorize } from './commands/authorize.ts';
import { addBackfill } from './commands/backfill.ts';
import { addDues } from './commands/dues.ts';
import { addErase } from './commands/erase.ts';
import { addExport } from './commands/export.ts';
import { addKeys } from './commands/keys.ts';
import { addMessages } from './commands/messages.ts';
import { addQuarantine } from './commands/quarantine.ts';
import { addReconcile } from './commands/reconcile.ts';
import { addShops } from './commands/shops.ts';
import { addShow } from './commands/show.ts';
import { addStatus } from './commands/status.ts';
import { addStreams } from './commands/streams.ts';

/* `npm run -s carferry -- …`: looks into a data folder, whether a run holds it or not. Exit codes: 0, 1, 2. */

const program = new Command('carferry')
  .description(
    'Looks into what carferry keeps, repairs it and brings it up to date: in the data folder of npm start (beside a ' +
      'running system, or alone), or with --stage on AWS.',
  )
  .version(VERSION)
  .exitOverride()
  .configureOutput({
    outputError: (text, write) => write(`${usageFault(text)} (try --help)\n`),
  });
withExamples(program, [
  'status',
  'status --stage prod --region cn-north-1',
  'show 4277659395456225432',
  'export orders > orders.ndjson',
  "export leads --data /srv/carferry --unseal 'asked for by the privacy officer' > leads.ndjson",
  'quarantine list',
  'shops set-session 我在测试',
  'reconcile --shop 我在测试 --day 2026-11-20',
]);
addStatus(program);
addShow(program);
addExport(program);
addQuarantine(program);
addDues(program);
addStreams(program);
addBackfill(program);
addReconcile(program);
addMessages(program);
addErase(program);
addKeys(program);
addShops(program);
addAuthorize(program);
addApp(program);

/** Commander's sentence on one line; what was given too much is not repeated, it may be a phone number. */
function usageFault(text: string): string {
  const line = text
    .trim()
    .replaceAll('\n', ' ')
    .replace(/ but got \d+: .*$/, '.')
    .replace(/(unknown option '[^=']*=).*'/, "$1…'.");
  if (line.includes("too many arguments for 'erase'") || line.includes('--phone='))
    return `${line} A phone number is read from standard input.`;
  return line.includes('--unseal <reason>') && line.includes('missing') ? `${line}; it is logged` : line;
}

function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  // The reader has closed the pipe, as `head` does.
  if (error instanceof Error && 'code' in error && error.code === 'EPIPE') return 0;
  const hint = error instanceof CarferryError && error.hint !== undefined ? ` (${error.hint})` : '';
  say(`error: ${error instanceof Error ? error.message : String(error)}${hint}`);
  return error instanceof CarferryError && error.reason === 'configuration' ? 2 : 1;
}

process.stdout.on('error', () => {});
try {
  await program.parseAsync();
  process.exit(process.exitCode ?? 0);
} catch (error) {
  process.exit(explain(error));
}
