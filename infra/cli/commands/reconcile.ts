import { type Command, Option } from 'commander';
import { systemClock as clock } from '../../../lib/core/clock.ts';
import { configurationError } from '../../../lib/core/errors.ts';
import { chinaDate, toIso } from '../../../lib/domain/chinaTime.ts';
import { type PullWork, showPull } from '../../local/showPull.ts';
import { stopSignal } from '../../local/stopSignal.ts';
import { createTerminal } from '../../local/terminal/terminal.ts';
import { counted } from '../../local/terminal/words.ts';
import { openWorkingSystem } from '../../local/workingSystem.ts';
import { type DataFlags, say, withData, withDataOption, withExamples, write, writeJson } from '../command.ts';
import { day } from '../flagTypes.ts';
import { printReconcile } from '../printReconcile.ts';
import { refuseStage, shopOf } from '../workFlags.ts';

const SOURCES = ['trades', 'ad-orders'] as const;
type Flags = DataFlags & {
  readonly shop: string;
  readonly day: string;
  readonly source?: (typeof SOURCES)[number];
  readonly onlyTrades?: boolean;
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
        'and prints the manifest of the day; exit code 1 when the day is not green afterwards',
    )
    .requiredOption('--shop <sellerNick>', 'the seller')
    .requiredOption('--day <yyyy-MM-dd>', 'the day in China on which the orders were created', day)
    .addOption(new Option('--source <source>', 'only this source').choices(SOURCES))
    .option('--dry-run', 'makes no call: prints the manifest that the last walk of the day left')
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
  ]);
}

async function showManifest(flags: Flags): Promise<void> {
  const { shop, day: date } = flags;
  const manifest = await withData(flags, ({ stores }) => stores.streams.manifest(shop, date));
  await (flags.json
    ? writeJson({ dryRun: true, shop, day: date, manifest: manifest ?? null, streams: [] })
    : write(printReconcile({ shop, day: date, manifest, streams: [] })));
  say(
    'Nothing was asked of TOP. A reconcile walks the day once for each source, in windows of at most a day.',
  );
}

async function heal(flags: Flags): Promise<void> {
  refuseStage(flags, 'reconcile');
  const { shop, day: date, source } = flags;
  const stop = stopSignal();
  const terminal = createTerminal(process.stderr, process.env);
  const working = await openWorkingSystem(flags.data, process.env);
  try {
    const { system } = working;
    shopOf(system.shops, shop);
    let reports: Awaited<ReturnType<typeof showPull>> = [];
    let manifest: Awaited<ReturnType<typeof system.stores.streams.manifest>>;
    for (let pass = 1; pass <= MOST_PASSES && !stop.signal.aborted; pass += 1) {
      const input = { lane: 'reconcile', shop, day: date, since: toIso(clock.now()), reask: pass === 1 };
      const works: PullWork[] = [];
      if (source !== 'ad-orders') works.push({ pull: 'pullTrades', input });
      // Lines of ads carry no total; one walk brings them all.
      if (source !== 'trades' && pass === 1) works.push({ pull: 'pullAdOrders', input });
      const walked = await showPull(working, works, { signal: stop.signal, terminal });
      reports = [...reports.filter(({ stream }) => !walked.some((one) => one.stream === stream)), ...walked];
      manifest = source === 'ad-orders' ? undefined : await system.stores.streams.manifest(shop, date);
      const isSettled = source === 'ad-orders' || manifest === undefined || manifest.missing === 0;
      if (isSettled || walked.some(({ state }) => state !== 'caught-up')) break;
      say(
        `${counted(manifest?.missing ?? 0, 'order')} sent to the queue; looking again whether they have arrived`,
      );
      // Another process works them off.
      if (working.isAttached) await clock.sleep(SETTLE_MS, stop.signal).catch(() => undefined);
    }
    const result = { shop, day: date, manifest, streams: reports };
    await (flags.json
      ? writeJson({ dryRun: false, ...result, manifest: manifest ?? null })
      : write(printReconcile(result)));
    const isThrough = reports.every(({ state }) => state === 'caught-up');
    const isGreen = source === 'ad-orders' || manifest?.state === 'green';
    if (!isThrough || !isGreen) process.exitCode = 1;
  } finally {
    await working.close();
  }
}

const SETTLE_MS = 5_000;
