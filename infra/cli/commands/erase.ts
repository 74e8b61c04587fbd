import { type Command, Option } from 'commander';
import { configurationError } from '../../../lib/core/errors.ts';
import { queueDepths } from '../../local/queueDepths.ts';
import { counted } from '../../local/terminal/words.ts';
import { askPhone } from '../askPhone.ts';
import { noteInLog } from '../auditLog.ts';
import { type DataFlags, say, withData, withDataOption, withExamples, write } from '../command.ts';
import { erasePerson, type Person, personOfOrder, personOfPhone, personsErased } from '../erasePerson.ts';
import { orderDigits } from '../flagTypes.ts';
import type { OpenData } from '../openData.ts';

type EraseFlags = DataFlags & {
  readonly order?: string;
  readonly phone?: boolean;
  readonly again?: boolean;
  readonly dryRun?: boolean;
  readonly reason: string;
};

/** `carferry erase`: a person's data become unreadable, in backups and queues too, and never come back. */
export function addErase(program: Command): void {
  const command = program
    .command('erase')
    .description(
      'erases a person: name, phone, address and numbers of their orders and leads, for good; ' +
        'amounts, dates and statuses stay',
    )
    .option('--order <id>', 'this order and its leads', orderDigits('--order'))
    .option('--phone', 'every order and lead with a phone number, which is read from standard input')
    .option('--again', 'everybody erased before, once more: after a table was restored from a backup')
    .option('--dry-run', 'only say what would be erased')
    .addOption(new Option('--reason <text>', 'noted in the log').default('asked for by the person'))
    .action((flags: EraseFlags) =>
      withData(flags, async (data) => {
        const person = await personNamed(flags, data);
        const found = `${counted(person.orders.length, 'order')}, ${counted(person.leads.length, 'lead')} without order`;
        if (flags.dryRun === true) {
          await write(`would erase ${found}\n${person.orders.map((orderId) => `  ${orderId}\n`).join('')}`);
          return;
        }
        if (person.orders.length + person.leads.length === 0) {
          await write('nothing is stored\n');
        } else {
          const note = { command: `erase ${wayOf(flags)}`, reason: flags.reason };
          noteInLog(flags, 'erase-begin', { ...note, ...person });
          const erased = await erasePerson(person, flags.reason, data.stores);
          noteInLog(flags, 'erase-end', { ...note, ...erased });
          await write(`erased ${counted(erased.orders, 'order')}, ${counted(erased.leads, 'lead')}\n`);
        }
        await warnOfMessages(data);
      }),
    );
  withExamples(withDataOption(command), [
    'erase --order 4277659395456225432 --dry-run',
    "erase --phone --reason 'request of 2026-11-22' < phone.txt",
    'erase --phone --stage dev',
    'erase --again',
  ]);
}

function wayOf({ order, phone }: EraseFlags): string {
  if (order !== undefined) return '--order';
  return phone === true ? '--phone' : '--again';
}

async function personNamed(flags: EraseFlags, data: OpenData): Promise<Person> {
  const named = [flags.order, flags.phone, flags.again].filter((flag) => flag !== undefined);
  if (named.length !== 1) {
    throw configurationError(
      '--order',
      'say whom, in one way: --order ID, or --phone, or --again',
      'try erase --help',
    );
  }
  if (flags.order !== undefined) return await personOfOrder(flags.order, data.stores);
  if (flags.again === true) return await personsErased(data.stores);
  return await personOfPhone(await askPhone(), data.stores, data.keys());
}

/** What waits in a queue is not found by its phone. */
async function warnOfMessages({ sqs, queueUrls, wiring }: OpenData): Promise<void> {
  const depths = await queueDepths(sqs, queueUrls, wiring.queues);
  const waiting = depths.reduce((sum, depth) => sum + depth.waiting + depth.dead, 0);
  if (waiting === 0) return;
  say(
    `${counted(waiting, 'message')} wait in queues or dead letters. Those of erased orders and leads change nothing any ` +
      'more; an order or lead that is not stored yet is not found by its phone: run this again when they are done.',
  );
}
