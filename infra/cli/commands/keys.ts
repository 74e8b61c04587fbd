import type { Command } from 'commander';
import { counted } from '../../local/terminal/words.ts';
import { noteInLog } from '../auditLog.ts';
import { type DataFlags, withData, withDataOption, withExamples, write } from '../command.ts';
import { reindexPhones } from '../reindexPhones.ts';
import { retireIndex, rewrapKeys, rotateBranch, rotateIndex } from '../rotateKeys.ts';

type RotateFlags = DataFlags & { readonly index?: boolean };
type ReindexFlags = DataFlags & { readonly finish?: boolean };

/** `carferry keys`: rotation without downtime; every command may be cut off and run again. */
export function addKeys(program: Command): void {
  const keys = program.command('keys').description('rotation of the keys that seal personal data');
  withExamples(keys, ['keys rotate', 'keys rewrap', 'keys reindex']);
  const rotate = keys
    .command('rotate')
    .description('a new key for all data keys made from now on; old ones stay readable')
    .option('--index', 'instead: a new key of the blind index, by which phones are found')
    .action((flags: RotateFlags) =>
      withData(flags, async (data) => {
        if (flags.index === true) {
          const generation = await rotateIndex(data.stores.keys, data.keys());
          noteInLog(flags, 'keys-rotate-index', { generation });
          await write(`blind-index key ${generation} is written in some minutes; then run: keys reindex\n`);
          return;
        }
        const branch = await rotateBranch({ root: data.root(), table: data.stores.keys });
        noteInLog(flags, 'keys-rotate', { branch });
        await write(`branch key ${branch} wraps new data keys in some minutes; then run: keys rewrap\n`);
      }),
    );
  withExamples(withDataOption(rotate), ['keys rotate', 'keys rotate --index --stage dev']);
  const rewrap = keys
    .command('rewrap')
    .description('wraps every stored data key under the newest key; nothing that is sealed changes')
    .action((flags: DataFlags) =>
      withData(flags, async (data) => {
        const result = await rewrapKeys({ root: data.root(), table: data.stores.keys });
        noteInLog(flags, 'keys-rewrap', result);
        await write(
          `${counted(result.moved, 'key')} rewrapped, ${result.kept} were under the newest key already\n`,
        );
      }),
    );
  withExamples(withDataOption(rewrap), ['keys rewrap']);
  const reindex = keys
    .command('reindex')
    .description('brings the blind index of every order and lead to the present key')
    .option(
      '--finish',
      'the former key is asked no more; when a pass changed nothing and no queue holds old messages',
    )
    .action((flags: ReindexFlags) =>
      withData(flags, async (data) => {
        const result = await reindexPhones(data.stores, data.keys());
        noteInLog(flags, 'keys-reindex', result);
        await write(
          `${counted(result.changed, 'row')} reindexed, ${result.kept} had the present key already\n`,
        );
        if (flags.finish !== true) return;
        if (result.changed > 0) throw new Error('rows were still changing; run keys reindex --finish again');
        await retireIndex(data.stores.keys);
        await write('the former blind-index key is retired\n');
      }),
    );
  withExamples(withDataOption(reindex), ['keys reindex', 'keys reindex --finish']);
}
