import { Argument, type Command } from 'commander';
import {
  type UnsealFlags,
  unsealOption,
  withData,
  withDataOption,
  withExamples,
  withOpener,
  write,
} from '../command.ts';
import { documentsOf, EXPORTS, type ExportName } from '../documents.ts';
import { startExportProgress } from '../exportProgress.ts';

/** `carferry export`: NDJSON on stdout, progress on stderr. */
export function addExport(program: Command): void {
  const command = program
    .command('export')
    .description('writes every document of one kind to stdout, one JSON object a line; schemas: docs/schema/')
    .addArgument(new Argument('<what>', 'which documents').choices(EXPORTS))
    .addOption(unsealOption())
    .action((what: ExportName, flags: UnsealFlags) =>
      withData(flags, (data) =>
        withOpener(flags, `export ${what}`, data, async (opener) => {
          const progress = startExportProgress(what, data, process.stderr, process.env);
          try {
            for await (const document of documentsOf(what, data.stores, opener)) {
              await write(`${JSON.stringify(document)}\n`);
              progress.wrote();
            }
          } finally {
            await progress.stop();
          }
        }),
      ),
    );
  withExamples(withDataOption(command), [
    'export orders > orders.ndjson',
    'export leads --data /srv/carferry',
    "export leads --unseal 'complaint 4711, asked for by the privacy officer' > leads.ndjson",
    'export ad-orders | head -1',
  ]);
}
