import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readTemplate, type Wiring } from '../infra/local/template.ts';
import { SWEEPS } from '../lib/pull/lanes.ts';
import { LEAD_CHECKS_MS } from '../lib/pull/leadSchedule.ts';

/*
 * The table of docs/consistency.md, from the very configuration that runs: schedules and settings of serverless.yml,
 * the lanes, the lead checks. `node tools/node24.mjs tools/writeConsistency.ts` writes it; a test compares.
 */

export const CONSISTENCY_FILE = join(import.meta.dirname, '..', 'docs', 'consistency.md');
const BEGIN = '<!-- begin: written by tools/writeConsistency.ts -->';
const END = '<!-- end -->';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** `90 s`, `3 min`, `6 h`, `14 days`. */
export function durationText(ms: number): string {
  if (ms === 0) return 'at once';
  if (ms % DAY_MS === 0) return ms === DAY_MS ? '1 day' : `${ms / DAY_MS} days`;
  if (ms % HOUR_MS === 0) return `${ms / HOUR_MS} h`;
  return ms % MINUTE_MS === 0 ? `${ms / MINUTE_MS} min` : `${Math.round(ms / SECOND_MS)} s`;
}

function every(wiring: Wiring, name: string): number {
  const schedule = wiring.schedules.find((one) => one.name.endsWith(`-${name}`));
  if (schedule === undefined) throw new Error(`no schedule ${name} in infra/schedules.yml`);
  return schedule.everyMs;
}

function setting(wiring: Wiring, functionName: string, variable: string): string {
  const value = wiring.functions.find(({ name }) => name === functionName)?.environment[variable];
  if (typeof value !== 'string') throw new Error(`no ${variable} of ${functionName} in serverless.yml`);
  return value;
}

/** How far back each sweep looks, in ms; the functions of both sources are told the same. */
function sweepLookbacksMs(wiring: Wiring) {
  const [day = 0, fortnight = 0, quarter = 0] = setting(wiring, 'pullTrades', 'SWEEP_LOOKBACK_DAYS')
    .split(',')
    .map((days) => Number(days) * DAY_MS);
  return { day, fortnight, quarter };
}

/**
 * Lane by lane: after which settle, how far back, how stale at worst. Worst staleness of a sweep is its period
 * with its settle; what is older than the longest lookback is beyond the horizon.
 */
export function lanesTable(wiring: Wiring = readTemplate()): string {
  const settleMs = Number(setting(wiring, 'pullTrades', 'SETTLE_SECONDS')) * SECOND_MS;
  const lookbackDays = Number(setting(wiring, 'pullTrades', 'LOOKBACK_DAYS'));
  const lookbacks = sweepLookbacksMs(wiring);
  const horizon = durationText(Math.max(...SWEEPS.map((lane) => lookbacks[lane])));
  const sources = [
    ['trades', 'pull-trades'],
    ['ad lines', 'pull-ad-orders'],
  ] as const;
  const rows = sources.flatMap(([source, name]) => {
    const row = (lane: string, lookback: string, what: string) => {
      const periodMs = every(wiring, `${name}-${lane}`);
      const worst = `${durationText(periodMs)} + ${durationText(settleMs)}`;
      return [
        source,
        lane,
        durationText(settleMs),
        lookback,
        durationText(periodMs),
        `${worst} (${what})`,
        horizon,
      ];
    };
    return [
      row('live', `from its watermark; at first ${lookbackDays} days`, 'new rows'),
      ...SWEEPS.map((lane) => row(lane, durationText(lookbacks[lane]), 'changed, late and deleted rows')),
    ];
  });
  const head = ['source', 'lane', 'settle', 'lookback', 'every', 'worst staleness', 'horizon'];
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** The table, row by row, as Markdown. */
export function consistencyTable(wiring: Wiring = readTemplate()): string {
  const settleMs = Number(setting(wiring, 'pullTrades', 'SETTLE_SECONDS')) * SECOND_MS;
  const live = (schedule: string) => durationText(settleMs + every(wiring, schedule));
  const lookbacks = sweepLookbacksMs(wiring);
  const sweeps = (source: string) =>
    SWEEPS.map((lane) => {
      const age = durationText(lookbacks[lane]);
      return `younger than ${age}: ${durationText(every(wiring, `${source}-${lane}`))}`;
    }).join('; ');
  const message = durationText(every(wiring, 'pull-messages'));
  const checks = LEAD_CHECKS_MS.map(durationText).join(', ');
  const leadTick = durationText(every(wiring, 'pull-leads'));
  const rows = [
    ['facet', 'new', 'changed later', 'with messages on'],
    ['---', '---', '---', '---'],
    [
      '`trade`',
      `${live('pull-trades-live')} after its creation`,
      `by the age of the order: ${sweeps('pull-trades')}; older: no more, TOP does not list it`,
      `${message} for orders already stored`,
    ],
    [
      '`car`',
      'with the trade',
      'whenever the trade changed; while the order is open also every day; "not a car" is asked again after 1 h, 1 day, 3 days',
      `${message} for orders already stored`,
    ],
    [
      '`items`',
      'with the trade',
      'whenever the trade changed; an item that TOP did not know is asked for again after a day',
      'as without',
    ],
    [
      '`attribution`',
      `${live('pull-ad-orders-live')} after the ad line`,
      `by the age of the line: ${sweeps('pull-ad-orders')}`,
      'as without',
    ],
    [
      '`lead`, pulled',
      `within ${leadTick} of a check; checks after the trade: ${checks}`,
      'the checks begin again whenever the trade changed; they end at the first lead',
      `${message} for orders already stored, then a check`,
    ],
    [
      'lead, pushed',
      'seconds: as soon as Tmall calls the webhook',
      'every call is a lead of its own day',
      'as without',
    ],
    ['summaries in a lead', 'with the write of its order', 'with every write of its order', 'as the order'],
  ];
  return rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** The document with its tables written anew: facets first, then lanes. */
export function withTables(document: string, wiring: Wiring = readTemplate()): string {
  let [written, rest] = ['', document];
  for (const table of [consistencyTable(wiring), lanesTable(wiring)]) {
    const [begin, end] = [rest.indexOf(BEGIN), rest.indexOf(END)];
    if (begin === -1 || end < begin) throw new Error('docs/consistency.md has lost its marks');
    written += `${rest.slice(0, begin + BEGIN.length)}\n${table}\n${END}`;
    rest = rest.slice(end + END.length);
  }
  return written + rest;
}

// Run as a program.
if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(CONSISTENCY_FILE, withTables(readFileSync(CONSISTENCY_FILE, 'utf8')));
}
