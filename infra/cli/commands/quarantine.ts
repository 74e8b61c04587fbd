import type { Command } from 'commander';
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
import { revealOf } from '../documents.ts';
import { notParked } from '../notParked.ts';
import { printDeadLetters, printParked, printParkedList } from '../printParked.ts';
import { summariseDeadLetters } from '../redrive/deadQueues.ts';
import { addRedrive } from './redrive.ts';

type Json = { readonly json?: boolean };

/** `carferry quarantine`: what could not be worked, why, and what would help. */
export function addQuarantine(program: Command): void {
  const group = program
    .command('quarantine')
    .description('records that can never work as they are, and messages that failed again and again');
  withExamples(group, ['quarantine list', 'quarantine show ID', 'quarantine redrive --dry-run']);
  addRedrive(group);
  const list = group
    .command('list')
    .description('every parked record with its reason, field and hint; the dead letters of every queue')
    .option('--json', 'as JSON')
    .action((flags: UnsealFlags & Json) =>
      withData(flags, async (data) => {
        const parked = [];
        for await (const { payloadSealed, ...rest } of data.stores.quarantine.list()) {
          parked.push({ ...rest, ...(payloadSealed && { sample: payloadSealed.mask }) });
        }
        parked.sort((a, b) => (a.lastSeenAt < b.lastSeenAt ? 1 : -1));
        const deadLetters = await summariseDeadLetters(data);
        const text = printParkedList(parked) + printDeadLetters(deadLetters);
        await (flags.json ? writeJson({ parked, deadLetters }) : write(text));
      }),
    );
  withExamples(withDataOption(list), ['quarantine list', 'quarantine list --json']);
  const show = group
    .command('show')
    .description('one parked record; what was received only with --unseal')
    .argument('<id>', 'id as quarantine list gives it')
    .option('--json', 'as JSON')
    .addOption(unsealOption())
    .action((id: string, flags: UnsealFlags & Json) =>
      withData(flags, async (data) => {
        const parked = await data.stores.quarantine.read(id);
        if (parked === undefined) throw notParked([id]);
        await withOpener(flags, `quarantine show ${id}`, data, async (opener) => {
          const { payloadSealed, ...rest } = parked;
          const reveal = await revealOf(parked, { kind: 'quarantine', id }, opener);
          const payload = payloadSealed && (reveal ? reveal(payloadSealed) : payloadSealed.mask);
          const document = { ...rest, ...(payload === undefined ? {} : { payload }) };
          const paint = createPaint(wantsColour(process.stdout, process.env));
          await (flags.json ? writeJson(document) : write(printParked(document, paint)));
        });
      }),
    );
  withExamples(withDataOption(show), [
    "quarantine show 'tmall.aliauto.trade.car.order.get#4277659395456225432'",
    "quarantine show 'tmall.aliauto.trade.car.order.get#4277659395456225432' --unseal 'repairing the field'",
  ]);
}
