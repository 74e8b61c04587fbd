import type { Command } from 'commander';
import { toIso } from '../../../lib/domain/chinaTime.ts';
import type { RefusedDue } from '../../../lib/store/dueRow.ts';
import { ruledTable } from '../../local/terminal/tables.ts';
import { counted } from '../../local/terminal/words.ts';
import { type DataFlags, withData, withDataOption, withExamples, write, writeJson } from '../command.ts';
import { orderDigits } from '../flagTypes.ts';
import { repairDues } from '../repairDues.ts';

type Flags = DataFlags & { readonly json?: boolean; readonly dryRun?: boolean };

/** `carferry dues`: work for later, and rows of it that cannot be read. */
export function addDues(program: Command): void {
  const group = program.command('dues').description('work for later: lead checks, owed steps, open orders');
  withExamples(group, ['dues list', 'dues repair --dry-run']);
  const list = group
    .command('list')
    .description('how much is due, and every row that cannot be read')
    .option('--json', 'as JSON')
    .action((flags: Flags) =>
      withData(flags, async ({ stores: { dues } }) => {
        const counts: Record<string, number> = {};
        for await (const { reason } of dues.scan()) counts[reason] = (counts[reason] ?? 0) + 1;
        const refused: RefusedDue[] = [];
        for await (const row of dues.refused()) refused.push(row);
        const now = Date.now();
        const document = { at: toIso(now), ...(await dues.count(now)), reasons: counts, refused };
        await (flags.json ? writeJson(document) : write(printDues(counts, refused)));
      }),
    );
  withExamples(withDataOption(list), ['dues list', 'dues list --json']);
  const repair = group
    .command('repair')
    .description('notes the work of rows that cannot be read anew, due now, then removes them')
    .argument('[orderId]', 'only the rows of this order', orderDigits('orderId'))
    .option('--dry-run', 'changes nothing, tells what would be done')
    .option('--json', 'as JSON')
    .action((orderId: string | undefined, flags: Flags) =>
      withData(flags, async ({ stores }) => {
        const repaired = await repairDues(stores, {
          orderId,
          dryRun: flags.dryRun === true,
          now: Date.now(),
        });
        if (flags.json) return await writeJson(repaired);
        const lines = repaired.map(({ orderId: id, reason, noted }) =>
          noted.length > 0
            ? `${id} ${reason}: now due as ${noted.join(', ')}`
            : `${id} ${reason}: no order of this id is stored, so there is nothing to do; removed`,
        );
        await write(lines.length === 0 ? 'Every row of dues can be read.\n' : `${lines.join('\n')}\n`);
      }),
    );
  withExamples(withDataOption(repair), ['dues repair --dry-run', 'dues repair 4277659395456225432']);
}

function printDues(counts: Readonly<Record<string, number>>, refused: readonly RefusedDue[]): string {
  const rows = Object.entries(counts).map(([reason, count]) => [reason, count]);
  const lines = [
    rows.length === 0 ? 'Nothing is due.' : ruledTable(['reason', 'rows'], rows),
    ...refused.map(
      ({ orderId, reason, refusal, field }) => `${orderId} ${reason}: ${refusal} at ${field ?? ''}`,
    ),
    refused.length === 0
      ? 'Every row can be read.'
      : `${counted(refused.length, 'row')} cannot be read; dues repair notes the work anew.`,
  ];
  return `${lines.join('\n')}\n`;
}
