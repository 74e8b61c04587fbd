import type { Command } from 'commander';
import { systemClock as clock } from '../../../lib/core/clock.ts';
import { CarferryError, configurationError, toCarferryError } from '../../../lib/core/errors.ts';
import { toIso } from '../../../lib/domain/chinaTime.ts';
import { setWatermark } from '../../../lib/pull/setWatermark.ts';
import { createPaint, wantsColour } from '../../local/terminal/paint.ts';
import { ruledTable } from '../../local/terminal/tables.ts';
import { type DataFlags, withData, withDataOption, withExamples, write, writeJson } from '../command.ts';
import { moment } from '../flagTypes.ts';
import { readStreams, type StreamStatus, streamRow } from '../streamStatus.ts';

type Flags = DataFlags & { readonly json?: boolean };

/** `carferry streams`: where every stream stands, and where one goes on. */
export function addStreams(program: Command): void {
  const group = program
    .command('streams')
    .description('what is pulled: one stream for each source, shop or product, and lane');
  withExamples(group, [
    'streams list',
    "streams set-watermark 'trades#我在测试#live' 2026-11-20T00:00:00+08:00",
  ]);
  const list = group
    .command('list')
    .description(
      'every stream with its id, how far it is, its open windows, and whether its state can be read',
    )
    .option('--json', 'as JSON')
    .action((flags: Flags) =>
      withData(flags, async ({ stores }) => {
        const streams = await readStreams(stores, clock.now());
        await (flags.json ? writeJson(streams) : write(printStreams(streams)));
      }),
    );
  withExamples(withDataOption(list), ['streams list', 'streams list --json']);
  const set = group
    .command('set-watermark')
    .description(
      'says where a stream goes on: all before the time counts as accounted for; repairs a refused state',
    )
    .argument('<stream>', 'id as streams list gives it')
    .argument('<time>', 'ISO 8601 with offset; for a sweep it only begins anew', moment)
    .option('--json', 'as JSON')
    .action((stream: string, at: number, flags: Flags) =>
      withData(flags, async ({ stores }) => {
        const watermark = toIso(at);
        const outcome = await setWatermark({ streams: stores.streams, clock }, stream, watermark).catch(
          explain,
        );
        if (outcome === 'held') throw isHeld(stream);
        await (flags.json
          ? writeJson({ stream, watermark })
          : write(`${stream}: goes on from ${watermark}; nothing before is read again by it\n`));
      }),
    );
  withExamples(withDataOption(set), [
    "streams set-watermark 'trades#我在测试#live' 2026-11-20T00:00:00+08:00",
    "streams set-watermark 'adOrders#1#quarter' 2026-11-20T00:00:00+08:00",
  ]);
}

function printStreams(streams: readonly StreamStatus[]): string {
  if (streams.length === 0) return 'There are no streams yet; npm start makes them.\n';
  const paint = createPaint(wantsColour(process.stdout, process.env));
  const head = ['stream', 'everything before', 'behind', 'open', 'state'];
  const refused = streams.filter(({ refusal }) => refusal !== null);
  const lines = [
    ruledTable(
      head,
      streams.map((stream) => [stream.stream, ...streamRow(stream)]),
    ),
    ...refused.map(({ stream, refusal }) =>
      paint.red(
        `${stream}: refused (${refusal}); check clock and version, then streams set-watermark '${stream}' TIME`,
      ),
    ),
  ];
  return `${lines.join('\n')}\n`;
}

/** What a person typed wrong is a matter of configuration: exit code 2. */
function explain(thrown: unknown): never {
  const error = toCarferryError(thrown);
  if (error.reason !== 'malformed-input') throw error;
  throw configurationError(error.field ?? 'stream', error.message, 'streams list gives the ids');
}

function isHeld(stream: string): CarferryError {
  return new CarferryError({
    disposition: 'retry',
    reason: 'held',
    message: `a run works on ${stream}`,
    hint: 'stop it, or try again in a minute',
  });
}
