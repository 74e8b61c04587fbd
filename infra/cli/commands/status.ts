import type { Command } from 'commander';
import { createPaint, wantsColour } from '../../local/terminal/paint.ts';
import { type DataFlags, withData, withDataOption, withExamples, write, writeJson } from '../command.ts';
import { printStatus } from '../printStatus.ts';
import { readStatus } from '../status.ts';

/** `carferry status`: where everything stands, of a running system or of a folder. */
export function addStatus(program: Command): void {
  const command = program
    .command('status')
    .description(
      'what the tables and queues hold, where the streams and days stand, how long the sessions last and the waiting ' +
        'work takes, what is parked, red or halted',
    )
    .option('--json', 'as JSON')
    .action((flags: DataFlags & { readonly json?: boolean }) =>
      withData(flags, async (data) => {
        const status = await readStatus(data);
        const paint = createPaint(wantsColour(process.stdout, process.env));
        await (flags.json ? writeJson(status) : write(printStatus(status, paint)));
      }),
    );
  withExamples(withDataOption(command), [
    'status',
    'status --data /srv/carferry --json',
    'status --stage prod --region cn-north-1',
  ]);
}
