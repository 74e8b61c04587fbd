import type { SummaryDocument } from '../../lib/domain/summaryDocument.ts';
import { createPaint, type Paint } from './terminal/paint.ts';
import { type Cell, cutTo, ruledTable } from './terminal/tables.ts';
import { counted, duration, methodName, streamName } from './terminal/words.ts';

const WIDTH = 79;
const MOST_PARKED = 2;
const MOST_TROUBLES = 5;
const MOST_ADVICE = 4;
const MOST_METHODS = 8;
const METHOD_WIDTH = 35;

/** The summary for a person: at most 40 lines of 79 columns, the verdict and what to do at the end. Pure. */
export function printSummary(
  summary: SummaryDocument,
  { paint = createPaint(false), wasStopped = false }: { paint?: Paint; wasStopped?: boolean } = {},
): string {
  const { parked } = summary;
  const took = duration(Date.parse(summary.finishedAt) - Date.parse(summary.startedAt));
  const shops = counted(summary.shops.length, 'shop');
  const lines = [
    `carferry ${summary.version}, ${summary.gateway} gateway, ${shops}, took ${took}`,
    `orders created from ${summary.from} to ${summary.to}`,
    ruledTable(['stored', '', 'stored', ''], countRows(summary)),
    ...(summary.calls.length > 0 ? [callTable(summary)] : []),
    ...shorten(
      parked.reasons.map(({ reason, count }) => cutTo(`parked: ${count} × ${reason}`, WIDTH)),
      MOST_PARKED,
      'reasons',
    ),
    ...shorten(troubles(summary), MOST_TROUBLES, 'reasons'),
    verdict(summary.ok, wasStopped, paint),
    ...(summary.ok ? proof(summary) : ['What to do:', ...summary.advice.slice(0, MOST_ADVICE).map(bullet)]),
  ];
  return `${lines
    .flatMap((line) => line.split('\n'))
    .map(fit)
    .join('\n')}\n`;
}

/** A run without end is always stopped in the middle of something; that alone is no fault. */
function verdict(ok: boolean, wasStopped: boolean, paint: Paint): string {
  if (ok) return paint.green('Everything adds up.');
  return wasStopped ? paint.yellow('Stopped with work left.') : paint.red('Not everything adds up.');
}

function countRows({ tables, facets, parked, dues }: SummaryDocument): Cell[][] {
  return [
    ['orders', tables.orders, 'leads', tables.leads],
    ['  with car order', facets.cars, 'ad lines', tables.adOrders],
    ['  no car order', facets.notCars, 'items', tables.items],
    ['  with lead', facets.ordersWithLead, 'in quarantine', parked.count],
    ['  named gaps', facets.gaps, 'checks due later', dues.later],
  ];
}

function callTable({ calls }: SummaryDocument): string {
  const rows = calls
    .slice(0, MOST_METHODS)
    .map(({ method, ...count }) => [
      cutTo(methodName(method, METHOD_WIDTH), METHOD_WIDTH),
      count.calls,
      count.ok,
      count.retried,
      count.banned,
      count.failed,
    ]);
  return ruledTable(['TOP method', 'calls', 'ok', 'again', 'banned', 'failed'], rows);
}

/** Unfinished things, the same reason told once. */
function troubles({ incomplete }: SummaryDocument): string[] {
  const groups = new Map<string, string[]>();
  for (const { stream, reason, until } of incomplete) {
    const why = until === null ? reason : `${reason}, until ${until}`;
    groups.set(why, [...(groups.get(why) ?? []), stream.includes('#') ? streamName(stream) : stream]);
  }
  return [...groups].map(([why, streams]) => cutTo(`unfinished: ${why}: ${streams.join(', ')}`, WIDTH));
}

/** In words, why everything adds up. */
function proof({ streams, tables, dues }: SummaryDocument): string[] {
  const rows = streams.reduce((sum, stream) => sum + stream.rows, 0);
  const windows = streams.reduce((sum, stream) => sum + stream.windows, 0);
  const next = dues.nextDueAt === undefined ? '' : `, the next at ${dues.nextDueAt.slice(0, 19)}`;
  return [
    `${counted(windows, 'window')} of ${counted(streams.length, 'stream')} closed with ${counted(rows, 'row')}; ` +
      'no window is open.',
    'Every queue is empty, nothing is parked, no order owes a step.',
    ...(dues.later > 0
      ? [`${counted(dues.later, 'check')} for late leads and changes are due later${next}.`]
      : []),
    ...(tables.orders === 0 ? ['There were no orders in this time: check the shops and --from.'] : []),
  ];
}

function shorten(lines: readonly string[], most: number, what: string): string[] {
  if (lines.length <= most) return [...lines];
  return [...lines.slice(0, most - 1), `… and ${lines.length - most + 1} more ${what}; --json tells all`];
}

const bullet = (advice: string): string => `  - ${advice}`;

/** Prose is broken between words, tables are narrow enough as they are. */
function fit(line: string): string {
  if (line.length <= WIDTH || /^[┌│├└]/.test(line)) return line;
  const at = line.lastIndexOf(' ', WIDTH);
  const indent = /^ *(?:- )?/.exec(line)?.[0].length ?? 0;
  if (at <= indent) return cutTo(line, WIDTH);
  return `${line.slice(0, at)}\n${cutTo(' '.repeat(indent) + line.slice(at + 1), WIDTH)}`;
}
