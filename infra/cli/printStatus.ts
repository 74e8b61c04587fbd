import type { Paint } from '../local/terminal/paint.ts';
import { type Cell, ruledTable } from '../local/terminal/tables.ts';
import { counted, duration, queueName, rate, streamName } from '../local/terminal/words.ts';
import type { Status } from './status.ts';

/** The status for a person; what needs one stands last. Pure. */
export function printStatus(status: Status, paint: Paint): string {
  const { tables, dues, calls } = status;
  const next = dues.nextDueAt === undefined ? '' : `, the next at ${clock(dues.nextDueAt)}`;
  const page = status.pageUrl === null ? '' : `, status page ${status.pageUrl}`;
  const queueRows: Cell[][] = status.queues.map(({ name, waiting, oldestMs, dead }) => [
    queueName(name),
    waiting,
    waiting === 0 || oldestMs === null ? '' : duration(oldestMs),
    dead,
  ]);
  const callRows = (calls ?? []).map((call) => [
    call.method,
    call.calls,
    rate(call.perSecond),
    call.retried,
    call.banned,
    call.bannedUntil === null ? '' : clock(call.bannedUntil),
  ]);
  const troubles = troublesOf(status);
  const lines = [
    `carferry ${status.version}, ${originOf(status)}: ${
      status.attachedTo === null ? 'no run is going on' : `running as process ${status.attachedTo}${page}`
    }`,
    `${counted(tables.orders, 'order')}, ${counted(tables.leads, 'lead')}, ` +
      `${counted(tables.adOrders, 'ad line')}, ${counted(tables.items, 'item')}`,
    `${counted(dues.due, 'check')} due, ${dues.later} later${next}`,
    ruledTable(['stream', 'lane', 'everything before', 'state'], status.streams.map(streamRow)),
    ruledTable(['queue', 'waiting', 'oldest', 'dead letters'], queueRows),
    ...(callRows.length > 0
      ? [ruledTable(['TOP method', 'calls', 'per s', 'again', 'banned', 'until'], callRows)]
      : []),
    ...(troubles.length > 0 ? troubles.map(paint.red) : [paint.green('Nothing is open, halted or parked.')]),
  ];
  return `${lines.join('\n')}\n`;
}

function originOf({ origin }: Status): string {
  return origin.gateway === 'real' ? `app ${origin.appKey}` : `simulated world '${origin.seed}'`;
}

function streamRow({ stream, watermark, finishedAt, window, heldUntil }: Status['streams'][number]): Cell[] {
  const [, , lane = '', ...bounds] = stream.split('#');
  const working = window === undefined ? 'being read' : `reading ${clock(window.from)}`;
  const rest = finishedAt === undefined ? 'waiting for its time' : `finished ${clock(finishedAt)}`;
  const name =
    bounds.length > 0 ? `${streamName(stream)}, ${bounds.map(clock).join(' to ')}` : streamName(stream);
  return [
    name,
    lane,
    watermark === undefined ? '' : clock(watermark),
    heldUntil === undefined ? rest : working,
  ];
}

function troublesOf({ openWindows, halts, parked, queues }: Status): string[] {
  return [
    ...openWindows.map(
      ({ stream, from, to }) => `open window: ${streamName(stream)}, ${clock(from)} to ${clock(to)}`,
    ),
    ...halts.map(
      ({ shop, method, reason, since }) => `halted: ${shop} ${method}: ${reason} since ${clock(since)}`,
    ),
    ...queues.flatMap(({ name, dead }) =>
      dead > 0 ? [`${counted(dead, 'message')} of ${queueName(name)} lie with the dead letters`] : [],
    ),
    ...parked.map(
      ({ count, source, reason, field, hint }) =>
        `parked: ${count} × ${source}: ${reason}${field ? ` at ${field}` : ''}${hint ? ` (${hint})` : ''}`,
    ),
    ...(parked.length > 0 ? ['quarantine list tells which'] : []),
  ];
}

function clock(iso: string): string {
  return iso.slice(0, 19).replace('T', ' ');
}
