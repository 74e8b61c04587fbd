import type { Paint } from '../local/terminal/paint.ts';
import { type Cell, ruledTable } from '../local/terminal/tables.ts';
import { counted, duration, queueName, rate, streamName } from '../local/terminal/words.ts';
import type { Status } from './status.ts';
import { type StreamStatus, streamRow } from './streamStatus.ts';

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
  const dayRows = status.days.map(({ shop, green, red, unproven }) => {
    const session = status.sessions.find((one) => one.shop === shop);
    return [shop, green, red.length, unproven, sessionCell(session)];
  });
  const budgetRows = status.budgets.map(({ method, callsPerSecond, bannedUntil }) => [
    method === '*' ? 'the whole app' : method,
    callsPerSecond ?? '',
    bannedUntil === null ? '' : clock(bannedUntil),
  ]);
  const lines = [
    `carferry ${status.version}, ${originOf(status)}: ${
      status.attachedTo === null ? 'no run is going on' : `running as process ${status.attachedTo}${page}`
    }`,
    `${counted(tables.orders, 'order')}, ${counted(tables.leads, 'lead')}, ` +
      `${counted(tables.adOrders, 'ad line')}, ${counted(tables.items, 'item')}`,
    `${counted(dues.due, 'check')} due, ${dues.later} later${next}${drainOf(status)}`,
    ...(dayRows.length > 0
      ? [ruledTable(['shop', 'green days', 'red', 'not walked', 'session'], dayRows)]
      : []),
    ruledTable(['stream', 'lane', 'everything before', 'behind', 'open', 'state'], status.streams.map(row)),
    ruledTable(['queue', 'waiting', 'oldest', 'dead letters'], queueRows),
    ...(callRows.length > 0
      ? [ruledTable(['TOP method', 'calls', 'per s', 'again', 'banned', 'until'], callRows)]
      : []),
    ...(budgetRows.length > 0 ? [ruledTable(['budget', 'calls a second', 'banned until'], budgetRows)] : []),
    ...(troubles.length > 0
      ? troubles.map(paint.red)
      : [paint.green(`Nothing is open, halted, red or parked${waitingOf(status)}.`)]),
  ];
  return `${lines.join('\n')}\n`;
}

/** What is no trouble, but not done either. */
function waitingOf({ queues }: Status): string {
  const waiting = queues.reduce((sum, queue) => sum + queue.waiting, 0);
  return waiting === 0 ? '' : `; ${counted(waiting, 'message')} waiting to be worked off`;
}

const DRAIN_BY = {
  progress: 'by the progress of the run',
  'last-minutes': 'at the pace of the last minutes',
  rates: 'at the configured rates',
} as const;

function drainOf({ drain }: Status): string {
  return drain === null
    ? ''
    : `; what waits is worked off in about ${duration(Math.max(1000, drain.leftMs))} ${DRAIN_BY[drain.by]}`;
}

function sessionCell(session: Status['sessions'][number] | undefined): string {
  if (session === undefined || session.daysLeft === null) return 'end not known';
  return session.daysLeft <= 0 ? 'has ended' : `${counted(session.daysLeft, 'day')} left`;
}

function originOf({ origin }: Status): string {
  return origin.gateway === 'real' ? `app ${origin.appKey}` : `simulated world '${origin.seed}'`;
}

function row(stream: StreamStatus): Cell[] {
  const [, , lane = '', ...bounds] = stream.stream.split('#');
  const name =
    bounds.length > 0
      ? `${streamName(stream.stream)}, ${bounds.map(clock).join(lane === 'backfill' ? ' to ' : ', ')}`
      : streamName(stream.stream);
  return [name, lane, ...streamRow(stream)];
}

/** A session is told of as soon as this few days are left. */
const SESSION_DAYS = 14;

function troublesOf(status: Status): string[] {
  const { openWindows, halts, parked, queues, days, sessions, streams, refusedDues, otherDeadLetters } =
    status;
  const dead = [
    ...queues.map(({ name, dead: count }) => ({ queue: queueName(name), count })),
    ...otherDeadLetters.map(({ queue, dead: count }) => ({ queue: queueName(queue), count })),
  ].filter(({ count }) => count > 0);
  return [
    ...openWindows.map(
      ({ stream, from, to }) => `open window: ${streamName(stream)}, ${clock(from)} to ${clock(to)}`,
    ),
    ...days.flatMap(({ shop, red }) =>
      red.map(({ day, reason }) => `red: ${shop} ${day} (${reason}); reconcile --shop ${shop} --day ${day}`),
    ),
    ...streams.flatMap(({ stream, refusal }) =>
      refusal === null ? [] : [`refused: ${stream} (${refusal}); streams set-watermark '${stream}' TIME`],
    ),
    ...refusedDues.map(
      ({ orderId, reason, refusal }) => `refused: due ${reason} of ${orderId} (${refusal}); dues repair`,
    ),
    ...sessions.flatMap(({ shop, daysLeft }) =>
      daysLeft === null || daysLeft > SESSION_DAYS
        ? []
        : [
            daysLeft <= 0
              ? `session: that of ${shop} has ended; shops set-session ${shop}`
              : `session: that of ${shop} ends in ${counted(daysLeft, 'day')}; shops set-session ${shop}`,
          ],
    ),
    ...halts.map(
      ({ shop, method, reason, since }) => `halted: ${shop} ${method}: ${reason} since ${clock(since)}`,
    ),
    ...dead.map(({ queue, count }) => `${counted(count, 'message')} of ${queue} lie with the dead letters`),
    ...(dead.length > 0
      ? ['quarantine list tells what they are about, quarantine redrive --dead-letters sends them']
      : []),
    ...parked.map(
      ({ count, source, reason, field, hint }) =>
        `parked: ${count} × ${source}: ${reason}${field ? ` at ${field}` : ''}${hint ? ` (${hint})` : ''}`,
    ),
    ...(parked.length > 0 ? ['quarantine list tells which, quarantine redrive sends them again'] : []),
  ];
}

function clock(iso: string): string {
  return iso.slice(0, 19).replace('T', ' ');
}
