import { type Command, Option } from 'commander';
import { systemClock as clock } from '../../../lib/core/clock.ts';
import { configurationError } from '../../../lib/core/errors.ts';
import { toIso } from '../../../lib/domain/chinaTime.ts';
import type { StreamReport } from '../../../lib/domain/summaryDocument.ts';
import { stopSignal } from '../../local/stopSignal.ts';
import { createTerminal } from '../../local/terminal/terminal.ts';
import { counted, streamName } from '../../local/terminal/words.ts';
import { printCost } from '../backfillCost.ts';
import { type DataFlags, say, withDataOption, withExamples, write, writeJson } from '../command.ts';
import { moment } from '../flagTypes.ts';
import { openWorkplace } from '../workplace.ts';

const SOURCES = ['trades', 'ad-orders'] as const;
type Flags = DataFlags & {
  readonly source: (typeof SOURCES)[number];
  readonly shop?: string;
  readonly from: number;
  readonly to: number;
  readonly again?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
};

/** `carferry backfill`: a stretch of time, with a place of its own, beside everything else that goes on. */
export function addBackfill(program: Command): void {
  const command = program
    .command('backfill')
    .description(
      'pulls everything created in a stretch of time; stopped or killed, the same command goes on from there. ' +
        'A running system works the messages off, else this command does; live work goes first. With --stage the ' +
        'functions of the stage pull and its consumers work off',
    )
    .addOption(new Option('--source <source>', 'what is pulled').choices(SOURCES).makeOptionMandatory())
    .option('--shop <sellerNick>', 'the seller; needed for trades (ad orders belong to the app)')
    .requiredOption('--from <iso>', 'created from this time on', moment)
    .requiredOption('--to <iso>', 'created before this time', moment)
    .option('--again', 'also when these bounds were pulled to their end before')
    .option(
      '--dry-run',
      'only counts: windows, calls, time. Asks TOP for the total of each day; on a stage reckons from earlier walks instead',
    )
    .option('--json', 'as JSON')
    .action(backfill);
  const bounds = '--from 2026-09-01T00:00:00+08:00 --to 2026-10-01T00:00:00+08:00';
  withExamples(withDataOption(command), [
    `backfill --source trades --shop 我在测试 ${bounds}`,
    `backfill --source trades --shop 我在测试 ${bounds} --dry-run`,
    `backfill --source ad-orders ${bounds} --json`,
    `backfill --source trades --shop 我在测试 ${bounds} --stage prod --region cn-north-1`,
  ]);
}

async function backfill(flags: Flags): Promise<void> {
  const { source, shop, from, to } = flags;
  if (from >= to) throw configurationError('--from', '--from must be before --to');
  if (source === 'trades' && shop === undefined) {
    throw configurationError('--shop', 'trades belong to a seller', 'name one with --shop');
  }
  const stop = stopSignal();
  const terminal = createTerminal(process.stderr, process.env);
  const place = await openWorkplace(flags, process.env);
  try {
    if (shop !== undefined) await place.checkShop(shop);
    // A later end would move with the clock, and with it the place that the backfill goes on from.
    if (to > clock.now() - place.settleMs) throw notSettled(place);
    const bounds = { from: toIso(from), until: toIso(to) };
    if (flags.dryRun === true) {
      const about = { shop: source === 'trades' ? shop : undefined, from, to };
      const cost = await place.cost(about, stop.signal);
      await (flags.json ? writeJson({ dryRun: true, source, ...bounds, ...cost }) : write(printCost(cost)));
      return;
    }
    const input = {
      lane: 'backfill',
      ...bounds,
      ...(source === 'trades' && { shop }),
      ...(flags.again === true && { since: toIso(clock.now()) }),
    };
    const pull = source === 'trades' ? 'pullTrades' : 'pullAdOrders';
    if (place.others !== undefined) say(place.others);
    const view = { signal: stop.signal, terminal };
    const streams = await place.pull([{ pull, input }], view);
    const isDone = streams.length > 0 && streams.every(({ state }) => state === 'caught-up');
    if (isDone) await place.watch(view);
    await (flags.json
      ? writeJson({ source, ...bounds, done: isDone, streams })
      : write(printBackfill(streams)));
    if (!isDone) {
      say('not at its end; the same command goes on from there');
      process.exitCode = 1;
    }
  } finally {
    await place.close();
  }
}

function notSettled({ settleMs }: { readonly settleMs: number }) {
  return configurationError(
    '--to',
    `--to is too late: what was created after ${toIso(clock.now() - settleMs)} may not be listed yet`,
    'the live lane brings it',
  );
}

function printBackfill(streams: readonly StreamReport[]): string {
  const lines = streams.map(
    ({ stream, state, reason, windows, rows, enqueued, unchanged, parked, watermark = '' }) => {
      const end =
        state === 'caught-up'
          ? 'done'
          : `${state}${reason === undefined ? '' : ` (${reason})`} at ${watermark}`;
      const counts = `${counted(rows, 'row')} in ${counted(windows, 'window')}: ${enqueued} sent, ${unchanged} unchanged`;
      return `${streamName(stream)}: ${end}; ${counts}${parked > 0 ? `, ${parked} in quarantine` : ''}`;
    },
  );
  const isOld =
    streams.length > 0 && streams.every(({ windows, state }) => windows === 0 && state === 'caught-up');
  if (isOld) lines.push('These bounds were pulled to their end before; --again pulls them once more.');
  return `${lines.join('\n')}\n`;
}
