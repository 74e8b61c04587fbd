import type { Command } from 'commander';
import { configurationError } from '../../../lib/core/errors.ts';
import { stopSignal } from '../../local/stopSignal.ts';
import { createTerminal } from '../../local/terminal/terminal.ts';
import { type DataFlags, say, withData, withDataOption, withExamples, write, writeJson } from '../command.ts';
import { moment, whole } from '../flagTypes.ts';
import { notParked } from '../notParked.ts';
import { chooseDeadQueues } from '../redrive/deadQueues.ts';
import {
  type DeadRedrive,
  type ParkedRedrive,
  printDeadRedrive,
  printParkedRedrive,
} from '../redrive/printRedrive.ts';
import { redriveDeadQueue } from '../redrive/redriveDeadQueue.ts';
import { redriveParked } from '../redrive/redriveParked.ts';
import { type Selection, selectParked } from '../redrive/selection.ts';
import { walkAgain, walksOf } from '../redrive/walkAgain.ts';
import { openWorkplace } from '../workplace.ts';

type Flags = DataFlags & {
  readonly reason?: string;
  readonly source?: string;
  readonly shop?: string;
  readonly older?: number;
  readonly limit?: number;
  readonly rate: number;
  readonly deadLetters?: string | true;
  readonly resetHops?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
};

/** `carferry quarantine redrive`: parked records and dead letters, once more. */
export function addRedrive(group: Command): void {
  const command = group
    .command('redrive')
    .description(
      'sends parked messages again, asks for parked orders again, walks the days of parked rows again (on a ' +
        'stage its functions do); ' +
        'with --dead-letters the messages of the dead-letter queues',
    )
    .argument('[ids...]', 'ids as quarantine list gives them; default all')
    .option('--reason <reason>', 'only what was parked for this reason')
    .option('--source <source>', 'only what came from this TOP method or queue')
    .option('--shop <sellerNick>', 'only of this seller')
    .option('--older <iso>', 'only what was seen last before this time', moment)
    .option('--limit <n>', 'at most so many, the oldest first', whole(1, 1_000_000))
    .option('--rate <n>', 'messages a second', whole(1, 1000), 20)
    .option('--dead-letters [queue]', 'the dead letters of one queue, or of all, instead of quarantine')
    .option('--reset-hops', 'also what was sent again eight times before; counts from none')
    .option('--dry-run', 'changes nothing, tells what would be done')
    .option('--json', 'as JSON')
    .action(async (ids: string[], flags: Flags) => {
      const { reason, source, shop, older, limit = Number.POSITIVE_INFINITY } = flags;
      const selection: Selection = { ids, reason, source, shop, older, limit };
      if (flags.deadLetters === undefined) await ofQuarantine(flags, selection);
      else await ofDeadLetters(flags, flags.deadLetters, selection);
    });
  withExamples(withDataOption(command), [
    'quarantine redrive --dry-run',
    'quarantine redrive --reason record-too-large --shop 我在测试',
    "quarantine redrive 'orders#trade#4277659395456225432'",
    'quarantine redrive --source qimen.taobao.crm.trades.info.create --stage prod --region cn-north-1',
    'quarantine redrive --dead-letters',
    'quarantine redrive --dead-letters orders --older 2026-11-01T00:00:00+08:00 --limit 100',
  ]);
}

async function ofQuarantine(flags: Flags, selection: Selection): Promise<void> {
  const dryRun = flags.dryRun === true;
  const stop = stopSignal();
  const done = await withData(flags, async (data) => {
    const { selected: parked, absent } = await selectParked(data.stores.quarantine.list(), selection);
    const left = selection.ids.filter((id) => !parked.some(({ quarantineId }) => quarantineId === id));
    const excluded = left.filter((id) => !absent.includes(id));
    if (excluded.length > 0) say(`excluded by another flag: ${excluded.join(', ')}`);
    if (absent.length > 0 && parked.length === 0) throw notParked(absent);
    const outcomes = await redriveParked(parked, data, {
      dryRun,
      perSecond: flags.rate,
      resetHops: flags.resetHops === true,
      signal: stop.signal,
    });
    return { parked, absent, outcomes, isAlone: data.attachedTo === undefined };
  });
  const walks = walksOf(done.parked);
  const isLocal = flags.stage === undefined;
  let result: ParkedRedrive = { outcomes: done.outcomes, walks };
  if (walks.length > 0 && !dryRun && !stop.signal.aborted) {
    const terminal = createTerminal(process.stderr, process.env);
    const place = await openWorkplace(flags, process.env);
    try {
      result = { ...result, walked: await walkAgain(done.parked, place, { signal: stop.signal, terminal }) };
    } finally {
      await place.close();
    }
  }
  await (flags.json ? writeJson({ dryRun, ...result }) : write(printParkedRedrive(result, dryRun)));
  const isWaiting = done.isAlone && isLocal && result.walked === undefined && done.outcomes.length > 0;
  if (isWaiting && !dryRun) say('No run is going on: the next npm start works it off.');
  if (done.absent.length > 0) throw notParked(done.absent);
}

async function ofDeadLetters(flags: Flags, wanted: string | true, selection: Selection): Promise<void> {
  if (selection.ids.length > 0 || selection.reason !== undefined || selection.source !== undefined) {
    throw configurationError(
      '--dead-letters',
      '--dead-letters knows --shop, --older and --limit; ids, --reason and --source are of quarantine',
    );
  }
  const dryRun = flags.dryRun === true;
  const redrives = await withData(flags, async (data) => {
    const stop = stopSignal();
    const done: DeadRedrive[] = [];
    let limit = selection.limit;
    for (const queue of chooseDeadQueues(data, wanted)) {
      if (limit <= 0) break;
      const one = await redriveDeadQueue(queue, data, {
        selection: { ...selection, limit },
        dryRun,
        perSecond: flags.rate,
        resetHops: flags.resetHops === true,
        signal: stop.signal,
      });
      limit -= one.sent + one.parked + one.superseded;
      done.push(one);
    }
    return done;
  });
  await (flags.json ? writeJson({ dryRun, queues: redrives }) : write(printDeadRedrive(redrives, dryRun)));
}
