import type { Command } from 'commander';
import { CarferryError } from '../../../lib/core/errors.ts';
import { tellOrder } from '../../local/story/orderStory.ts';
import { readStory } from '../../local/story/readStory.ts';
import { createPaint, wantsColour } from '../../local/terminal/paint.ts';
import {
  type UnsealFlags,
  unsealOption,
  withData,
  withDataOption,
  withExamples,
  withOpener,
  write,
  writeJson,
} from '../command.ts';
import { createDocuments, revealOf } from '../documents.ts';
import { orderDigits } from '../flagTypes.ts';
import { printStory } from '../printStory.ts';

/** `carferry show`: one order's story for people, its documents with `--json`. */
export function addShow(program: Command): void {
  const command = program
    .command('show')
    .description(
      'the story of one order: facets with versions, payment, lead, ad lines, what it owes, what is due',
    )
    .argument('<orderId>', 'digits of the order id', orderDigits('orderId'))
    .option('--json', 'its documents as JSON')
    .addOption(unsealOption())
    .action((id: string, flags: UnsealFlags & { readonly json?: boolean }) =>
      withData(flags, async (data) => {
        const stored = await readStory(id, data);
        if (stored === undefined) throw notFound(id);
        await withOpener(flags, `show ${id}`, data, async (opener) => {
          const { order, lead, lines, dues } = stored;
          if (flags.json) {
            const documents = createDocuments(opener);
            await writeJson({
              order: await documents.order(order),
              ...(lead === undefined ? {} : { lead: await documents.lead(lead) }),
              adOrders: await Promise.all(lines.map(documents.adOrder)),
              dues: dues.map(({ reason, dueAt, attempts }) => ({ reason, dueAt, attempts })),
            });
            return;
          }
          const reveal = {
            order: await revealOf(order, { kind: 'order', id }, opener),
            lead: lead && (await revealOf(lead, { kind: 'lead', id: lead.leadId }, opener)),
          };
          const paint = createPaint(wantsColour(process.stdout, process.env));
          await write(printStory(tellOrder({ ...stored, reveal }), paint));
        });
      }),
    );
  withExamples(withDataOption(command), [
    'show 4277659395456225432',
    'show 4277659395456225432 --json',
    "show 4277659395456225432 --unseal 'the buyer asked what we hold'",
  ]);
}

function notFound(id: string): CarferryError {
  // Whoever typed a phone by mistake shall not read it again in a log.
  const message = id.length < 16 ? 'there is no such order' : `there is no order ${id}`;
  return new CarferryError({ disposition: 'skip', reason: 'not-found', message });
}
