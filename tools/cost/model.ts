import { COUNTED_EVENTS } from '../../lib/lambda/metrics.ts';
import type { Measured } from './measure.ts';
import { lineThrough, NOTHING, sum, times, type Usage } from './usage.ts';

/** What a month is made of; from two runs of different size. */
export type Parts = {
  /** How many orders the two had. */
  readonly measuredOrders: readonly [number, number];
  /** Everything that a new order passes: its trade, its ad lines, its first lead check. */
  readonly newOrder: Usage;
  /** Work on an order again: a change or a due. */
  readonly workAgain: Usage;
  /** One more lead check. */
  readonly leadCheck: Usage;
  /** One order, and its ad lines, met unchanged by a sweep. */
  readonly sweptOrder: Usage;
  /** A day that a sweep covers, without the orders of it. */
  readonly sweptDay: Usage;
  /** A tick without work, by function. */
  readonly idle: Readonly<Record<string, Usage>>;
  readonly memoryMb: number;
  readonly bytesPerOrder: number;
  readonly topCallsPerOrder: number;
};

function freshOf({ fresh, orders }: Measured, name: string) {
  return { usage: fresh[name] ?? NOTHING, count: orders };
}

export function partsOf(small: Measured, large: Measured): Parts {
  const more = large.orders - small.orders;
  /** What one more order costs in these functions; each for itself, because a function that polls has a part of its own. */
  const eachOf = (names: readonly string[]): Usage =>
    sum(names.map((name) => lineThrough(freshOf(small, name), freshOf(large, name)).each));
  const sweep = lineThrough(
    { usage: sum(Object.values(small.swept)), count: small.orders },
    { usage: sum(Object.values(large.swept)), count: large.orders },
  );
  return {
    measuredOrders: [small.orders, large.orders],
    newOrder: eachOf(Object.keys(large.fresh)),
    workAgain: eachOf(['enrichOrders']),
    leadCheck: eachOf(['pullLeads', 'enrichLeads']),
    sweptOrder: sweep.each,
    sweptDay: times(sweep.fixed, 1 / large.sweptDays),
    idle: large.idle,
    memoryMb: large.memoryMb,
    bytesPerOrder: (large.bytes - small.bytes) / more,
    topCallsPerOrder: (large.topCalls - small.topCalls) / more,
  };
}

/** What is not measured, but assumed; each said in the output. */
export type Assumptions = {
  /** Work on an order after its first: changes of its trade, and dues. */
  readonly timesAgain: number;
  /** Lead checks of an order after its first. */
  readonly leadChecks: number;
  /** Part of the orders for which a lead is pushed to the webhook. */
  readonly pushedLeads: number;
  /** How often a day an order is met by a sweep: of a day, a fortnight and a quarter. */
  readonly sweeps: readonly { readonly name: string; readonly perDay: number; readonly days: number }[];
  readonly keptDays: number;
  readonly egress: 'none' | 'natEip';
  readonly alarms: number;
  readonly scheduledPerDay: Readonly<Record<string, number>>;
};

/** What AWS charges for, by the name of its price. */
export const AMOUNTS = [
  'lambdaRequest',
  'lambdaGbSecond',
  'dynamoRead',
  'dynamoWrite',
  'dynamoGbMonth',
  'dynamoBackupGbMonth',
  'sqsRequest',
  'kmsKeyMonth',
  'kmsRequest',
  'secretMonth',
  'secretRequest',
  'metricMonth',
  'alarmMonth',
  'dashboardMonth',
  'logGb',
  'schedulerRequest',
  'httpRequest',
  'natHour',
  'natGb',
  'addressHour',
] as const;

/** A month's amounts, by the name of their price. */
export type Amounts = Readonly<Record<(typeof AMOUNTS)[number], number>>;

const DAYS = 30.4;
const HOURS = DAYS * 24;
const QUEUES = 3;
/** An event source keeps at least this many long polls open, of 20 seconds each. */
const POLLS_A_DAY = (5 * 86_400) / 20;
const SECRETS_READ_EVERY_S = 240;
const KMS_ASKED_EVERY_S = 300;
const SECRETS = 3;
const FUNCTIONS = 9;
/** Start, end and report of Lambda, and the line of metrics. */
const LOG_BYTES = 1_200;
/** Metrics that count no event of the log: calls, time, lag, freshness, gauges. */
const OTHER_METRICS = 12;
const REPLY_BYTES = 6_000;

/** What a month costs in amounts, for so many orders a day. */
export function monthOf(ordersPerDay: number, measured: Parts, assumed: Assumptions): Amounts {
  const sweptPerDay = assumed.sweeps.reduce((total, { perDay, days }) => total + perDay * days, 0);
  const idle = Object.entries(assumed.scheduledPerDay).map(([name, perDay]) =>
    times(measured.idle[name] ?? NOTHING, perDay),
  );
  const perOrder = sum([
    measured.newOrder,
    times(measured.workAgain, assumed.timesAgain),
    times(measured.leadCheck, assumed.leadChecks),
    times(measured.sweptOrder, sweptPerDay),
  ]);
  const month = times(
    sum([...idle, times(measured.sweptDay, sweptPerDay), times(perOrder, ordersPerDay)]),
    DAYS,
  );
  const pushed = ordersPerDay * assumed.pushedLeads * DAYS;
  const gbSeconds = (month.billedMs / 1000) * (measured.memoryMb / 1024);
  // Processes that live all the time; more of them when there is more to do at once.
  const processes = FUNCTIONS + month.billedMs / 1000 / (HOURS * 3600);
  const storedGb = (ordersPerDay * assumed.keptDays * measured.bytesPerOrder) / 1e9;
  const topCalls = ordersPerDay * DAYS * measured.topCallsPerOrder * (1 + assumed.timesAgain);
  const nat = assumed.egress === 'natEip';
  return {
    lambdaRequest: month.invocations + pushed,
    lambdaGbSecond: gbSeconds,
    dynamoRead: month.reads,
    dynamoWrite: month.writes,
    dynamoGbMonth: storedGb,
    dynamoBackupGbMonth: storedGb,
    // A consumer's batch is received and deleted; idle polls come on top.
    sqsRequest: month.sqs + month.invocations * 2 + QUEUES * POLLS_A_DAY * DAYS,
    kmsKeyMonth: 1,
    kmsRequest: (processes * HOURS * 3600) / KMS_ASKED_EVERY_S,
    secretMonth: SECRETS,
    secretRequest: (processes * SECRETS * HOURS * 3600) / SECRETS_READ_EVERY_S,
    metricMonth: Object.keys(COUNTED_EVENTS).length + OTHER_METRICS,
    alarmMonth: assumed.alarms,
    dashboardMonth: 1,
    logGb: ((month.invocations + pushed) * LOG_BYTES) / 1e9,
    schedulerRequest: Object.values(assumed.scheduledPerDay).reduce((a, b) => a + b, 0) * DAYS,
    httpRequest: pushed,
    natHour: nat ? HOURS : 0,
    natGb: nat ? (topCalls * REPLY_BYTES) / 1e9 : 0,
    addressHour: nat ? HOURS : 0,
  };
}

/** Calls of TOP a second on average, for the work on orders and for the sweeps' pages of 100. */
export function topCallsPerSecond(ordersPerDay: number, measured: Parts, assumed: Assumptions): number {
  const sweptPerDay = assumed.sweeps.reduce((total, { perDay, days }) => total + perDay * days, 0);
  const perOrder =
    measured.topCallsPerOrder * (1 + assumed.timesAgain) + assumed.leadChecks + (sweptPerDay * 2) / 100;
  return (ordersPerDay * perOrder) / 86_400;
}
