import { type Command, Option } from 'commander';
import { systemClock as clock } from '../../../lib/core/clock.ts';
import { configurationError } from '../../../lib/core/errors.ts';
import { chinaDate, toIso } from '../../../lib/domain/chinaTime.ts';
import type { StreamReport } from '../../../lib/domain/summaryDocument.ts';
import type { DayManifest } from '../../../lib/store/dayManifest.ts';
import type { PullWork } from '../../local/showPull.ts';
import { stopSignal } from '../../local/stopSignal.ts';
import { createTerminal } from '../../local/terminal/terminal.ts';
import { counted } from '../../local/terminal/words.ts';
import { type DataFlags, say, withData, withDataOption, withExamples, write, writeJson } from '../command.ts';
import { day } from '../flagTypes.ts';
import { printReconcileCost, reconcileCost } from '../manifestCost.ts';
import { printReconcile } from '../printReconcile.ts';
import { openWorkplace } from '../workplace.ts';

const SOURCES = ['trades', 'ad-orders'] as const;
type Flags = DataFlags & {
  readonly shop: string;
  readonly day: string;
  readonly source?: (typeof SOURCES)[number];
  readonly dryRun?: boolean;
  readonly json?: boolean;
};

/** Passes over the day: the second one sees that what the first one sent has arrived. */
const MOST_PASSES = 3;

/** `carferry reconcile`: one day of one shop, compared whole with what upstream shows, and healed. */
export function addReconcile(program: Command): void {
  const command = program
    .command('reconcile')
    .description(
      'walks one day of a shop, compares every stored order with what upstream shows, heals what differs, ' +
        'and prints the manifest of the day; exit code 1 when the day is not green afterwards. With --stage the ' +
        'functions of the stage walk it, and its consumers heal',
    )
    .requiredOption('--shop <sellerNick>', 'the seller')
    .requiredOption('--day <yyyy-MM-dd>', 'the day in China on which the orders were created', day)
    .addOption(new Option('--source <source>', 'only this source').choices(SOURCES))
    .option(
      '--dry-run',
      'makes no call: prints the manifest that the last walk of the day left, and about how many calls it would cost',
    )
    .option('--json', 'as JSON')
    .action(async (flags: Flags) => {
      if (flags.day > chinaDate(clock.now())) {
        throw configurationError('--day', `${flags.day} has not come yet`, 'name a day up to today');
      }
      await (flags.dryRun === true ? showManifest(flags) : heal(flags));
    });
  withExamples(withDataOption(command), [
    'reconcile --shop 我在测试 --day 2026-11-20',
    'reconcile --shop 我在测试 --day 2026-11-20 --source trades --json',
    'reconcile --shop 我在测试 --day 2026-11-20 --dry-run',
    'reconcile --shop 我在测试 --day 2026-11-20 --stage prod --region cn-north-1',
  ]);
}

async function showManifest(flags: Flags): Promise<void> {
  const { shop, day: date, source } = flags;
  const { manifest, cost } = await withData(flags, async (data) => ({
    manifest: await data.stores.streams.manifest(shop, date),
    cost: await reconcileCost({ shop, day: date, source }, data),
  }));
  await (flags.json
    ? writeJson({ dryRun: true, shop, day: date, manifest: manifest ?? null, cost, streams: [] })
    : write(printReconcile({ shop, day: date, manifest, streams: [] }) + printReconcileCost(cost)));
}

async function heal(flags: Flags): Promise<void> {
  const { shop, day: date, source } = flags;
  const stop = stopSignal();
  const terminal = createTerminal(process.stderr, process.env);
  const place = await openWorkplace(flags, process.env);
  try {
    await place.checkShop(shop);
    const view = { signal: stop.signal, terminal };
    let reports: StreamReport[] = [];
    let manifest: DayManifest | undefined;
    for (let pass = 1; pass <= MOST_PASSES && !stop.signal.aborted; pass += 1) {
      const input = { lane: 'reconcile', shop, day: date, since: toIso(clock.now()), reask: pass === 1 };
      const works: PullWork[] = [];
      if (source !== 'ad-orders') works.push({ pull: 'pullTrades', input });
      // Lines of ads carry no total; one walk brings them all.
      if (source !== 'trades' && pass === 1) works.push({ pull: 'pullAdOrders', input });
      const walked = await place.pull(works, view);
      reports = [...reports.filter(({ stream }) => !walked.some((one) => one.stream === stream)), ...walked];
      manifest = source === 'ad-orders' ? undefined : await place.stores.streams.manifest(shop, date);
      const isSettled = source === 'ad-orders' || manifest === undefined || manifest.missing === 0;
      if (isSettled || walked.some(({ state }) => state !== 'caught-up')) break;
      say(
        `${counted(manifest?.missing ?? 0, 'order')} sent to the queue; looking again whether they have arrived`,
      );
      await place.settle(view);
    }
    const result = { shop, day: date, manifest, streams: reports };
    await (flags.json
      ? writeJson({ dryRun: false, ...result, manifest: manifest ?? null })
      : write(printReconcile(result)));
    const isThrough = reports.length > 0 && reports.every(({ state }) => state === 'caught-up');
    const isGreen = source === 'ad-orders' || manifest?.state === 'green';
    if (!isThrough || !isGreen) process.exitCode = 1;
  } finally {
    await place.close();
  }
}
