import type { LiveSnapshot, LiveStream } from '../live/snapshot.ts';
import type { Paint } from './paint.ts';
import { bareTable, cutTo } from './tables.ts';
import { bar, counted, duration, methodName, percent, queueName, rate, streamName } from './words.ts';

export type ScreenSize = { readonly columns: number; readonly rows: number };

const BAR_WIDTH = 16;
const WELL: ReadonlySet<string> = new Set(['walking', 'caught-up', 'more']);

/** The live screen; never higher or wider than the terminal, so that it can be drawn over itself. Pure. */
export function renderScreen(snapshot: LiveSnapshot, size: ScreenSize, paint: Paint): string {
  const width = Math.max(40, size.columns - 1);
  const height = Math.max(8, size.rows - 1);
  const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] =>
    rows.length === 0
      ? []
      : bareTable(head, rows, { width, paintHead: paint.dim })
          .split('\n')
          .map((line) => line.trimEnd());

  const head = [headLine(snapshot, width, paint)];
  const troubles = troubleLines(snapshot, width, paint);
  const tables = [tablesLine(snapshot, width), ...standingLines(snapshot, width, paint)];
  const queues = table(['queue', 'waiting', 'in hand', 'oldest', 'dead letters'], queueRows(snapshot, paint));
  const calls = table(
    ['TOP method', 'calls', 'per s', 'of', 'repeated', 'banned', 'failed'],
    callRows(snapshot, width, paint),
  );
  const fixed = [head, tables, queues, calls, troubles].reduce((sum, part) => sum + part.length, 0);
  const room = Math.max(2, height - fixed);
  // With room to spare the parts stand apart.
  const wanted = snapshot.streams.length + 1;
  const gap = room - wanted >= 4 ? [''] : [];
  const streams = streamLines(snapshot, room - gap.length * 4, table, paint);
  const lines = [
    ...head,
    ...gap,
    ...streams,
    ...gap,
    ...queues,
    ...gap,
    ...calls,
    ...gap,
    ...tables,
    ...troubles,
  ];
  return lines.slice(0, height).join('\n');
}

function headLine(
  { version, gateway, elapsedMs, estimate, mode }: LiveSnapshot,
  width: number,
  paint: Paint,
): string {
  const name = `carferry ${version}, ${gateway === 'real' ? 'real gateway' : 'simulator'}, ${duration(elapsedMs)}`;
  if (mode === 'run') return cutTo(`${name}; Ctrl-C stops`, width);
  if (estimate === null) return cutTo(`${name}; finding out how much there is`, width);
  const left = estimate.leftMs === null ? '' : `, about ${duration(Math.max(1000, estimate.leftMs))} left`;
  const done = `${percent(estimate.share)}${left}`;
  if (name.length + done.length + BAR_WIDTH + 3 > width) return cutTo(`${done}; ${name}`, width);
  return `${name}  ${paint.green(bar(estimate.share, BAR_WIDTH))} ${done}`;
}

function streamLines(
  { streams }: LiveSnapshot,
  room: number,
  table: (head: readonly string[], rows: readonly (readonly (string | number)[])[]) => string[],
  paint: Paint,
): string[] {
  const sorted = [...streams].sort((a, b) => urgency(b) - urgency(a) || b.lagMs - a.lagMs);
  const most = Math.max(1, room - 1);
  const shown = sorted.length > most ? sorted.slice(0, Math.max(1, most - 1)) : sorted;
  const rows = shown.map((stream) => [
    streamName(stream.stream),
    stream.lane,
    stream.rows,
    stream.state === 'caught-up' && stream.lagMs < 1000 ? '' : duration(stream.lagMs),
    stateOf(stream, paint),
  ]);
  const rest = sorted.slice(shown.length);
  const more =
    rest.length === 0 ? [] : [paint.dim(`and ${counted(rest.length, 'stream')} more, ${restState(rest)}`)];
  return [...table(['stream', 'lane', 'rows', 'lag', 'state'], rows), ...more];
}

function urgency({ state }: LiveStream): number {
  if (!WELL.has(state)) return 2;
  return state === 'caught-up' ? 0 : 1;
}

function restState(streams: readonly LiveStream[]): string {
  return streams.every(({ state }) => state === 'caught-up') ? 'all caught up' : 'some under way';
}

function stateOf({ state, reason, until, share, openWindows }: LiveStream, paint: Paint): string {
  const open = openWindows > 0 ? paint.red(` ${counted(openWindows, 'open window')}`) : '';
  if (state === 'caught-up') return `${paint.green('caught up')}${open}`;
  if (WELL.has(state)) return `${paint.cyan(percent(share))}${open}`;
  const why = [state, reason, until === null ? undefined : `until ${until.slice(11, 19)}`];
  return paint.red(why.filter((word) => word !== undefined && word !== null).join(' '));
}

function queueRows({ queues }: LiveSnapshot, paint: Paint) {
  return queues.map(({ name, waiting, inHand, dead, oldestMs }) => [
    queueName(name),
    waiting,
    inHand,
    waiting === 0 || oldestMs === null ? '' : duration(oldestMs),
    dead > 0 ? paint.red(String(dead)) : '0',
  ]);
}

function callRows({ calls, limits, at }: LiveSnapshot, width: number, paint: Paint) {
  return calls.map(({ method, calls: made, perSecond, retried, banned, failed, bannedUntil }) => {
    const left = bannedUntil === null ? '' : ` for ${duration(Date.parse(bannedUntil) - Date.parse(at))}`;
    return [
      methodName(method, width - 48),
      made,
      rate(perSecond),
      limits[method] === undefined ? '' : rate(limits[method]),
      retried,
      banned > 0 || left !== '' ? paint.yellow(`${banned}${left}`) : '0',
      failed > 0 ? paint.red(String(failed)) : '0',
    ];
  });
}

function tablesLine({ tables, tablesCounted, dues, leadChecks }: LiveSnapshot, width: number): string {
  const about = tablesCounted ? '' : ' (still counting)';
  const { orders, leads, adOrders, items } = tables;
  const checked = leadChecks.found + leadChecks.none;
  return cutTo(
    `stored: ${orders} orders, ${leads} leads, ${adOrders} ad lines, ${items} items${about}; ` +
      `lead checks: ${checked}, later: ${dues.later}`,
    width,
  );
}

/** A session is told of as soon as this few days are left. */
const SESSION_DAYS = 14;

/** Days, sessions and the time to drain in one line each; nothing of what nobody knows yet. */
function standingLines({ shops, drain }: LiveSnapshot, width: number, paint: Paint): string[] {
  const lines: string[] = [];
  const green = shops.reduce((sum, shop) => sum + shop.green, 0);
  const red = shops.flatMap((one) => one.red.map(({ day }) => `${one.shop} ${day}`));
  const unproven = shops.reduce((sum, shop) => sum + shop.unproven, 0);
  if (green + red.length > 0) {
    const named = red.length === 0 ? '' : ` (${red.slice(0, 2).join(', ')}${red.length > 2 ? ', …' : ''})`;
    const text = cutTo(`days: ${green} green, ${red.length} red${named}, ${unproven} not walked`, width);
    lines.push(red.length > 0 ? paint.red(text) : text);
  }
  const [soonest] = shops
    .flatMap(({ shop, daysLeft }) => (daysLeft === null ? [] : [{ shop, daysLeft }]))
    .sort((a, b) => a.daysLeft - b.daysLeft);
  if (soonest !== undefined) {
    const { shop, daysLeft } = soonest;
    const text = daysLeft <= 0 ? `that of ${shop} has ended` : `${shop} has ${counted(daysLeft, 'day')} left`;
    const others = shops.length > 1 ? ', the others more' : '';
    const line = cutTo(`sessions: ${text}${others}`, width);
    lines.push(daysLeft <= 0 ? paint.red(line) : daysLeft <= SESSION_DAYS ? paint.yellow(line) : line);
  }
  if (drain !== null && drain.leftMs >= WORTH_SAYING_MS) {
    const by = drain.by === 'rates' ? 'at the configured rates' : 'at the pace of the last minutes';
    lines.push(cutTo(`what waits is worked off in about ${duration(drain.leftMs)} ${by}`, width));
  }
  return lines;
}

const WORTH_SAYING_MS = 5_000;

function troubleLines({ halts, quarantine }: LiveSnapshot, width: number, paint: Paint): string[] {
  const lines = halts
    .slice(0, 3)
    .map(({ shop, method, reason }) => paint.red(cutTo(`halted: ${shop} ${method}: ${reason}`, width)));
  if (halts.length > 3) lines.push(paint.red(`halted: ${halts.length - 3} more`));
  if (quarantine > 0) {
    const text = `quarantine: ${counted(quarantine, 'record')}; npm run -s carferry -- quarantine list`;
    lines.push(paint.yellow(cutTo(text, width)));
  }
  return lines;
}
