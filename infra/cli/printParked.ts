import type { Parked } from '../../lib/store/quarantineTable.ts';
import type { Paint } from '../local/terminal/paint.ts';
import { bareTable } from '../local/terminal/tables.ts';
import { counted } from '../local/terminal/words.ts';
import type { DeadSummary } from './redrive/deadQueues.ts';

const WIDTH = 120;

const SHOWN = [
  ...(['source', 'shop', 'orderId', 'reason', 'field', 'expected', 'hint'] as const),
  ...(['firstSeenAt', 'lastSeenAt', 'times'] as const),
];

/** `sample`: the mask of what was received, never what stands there. */
type Listed = Omit<Parked, 'payloadSealed'> & { readonly sample?: string };

/** Parked records, one block of two lines each: what and why, then the hint. Pure. */
export function printParkedList(parked: readonly Listed[]): string {
  if (parked.length === 0) return 'The quarantine is empty.\n';
  const rows = parked.map(({ quarantineId, reason, field, expected, times, firstSeenAt, lastSeenAt }) => [
    quarantineId,
    reason,
    field ?? '',
    expected === undefined ? '' : `wanted ${expected}`,
    times,
    clock(firstSeenAt),
    clock(lastSeenAt),
  ]);
  const hints = [...new Set(parked.flatMap(({ reason, hint }) => (hint ? [`${reason}: ${hint}`] : [])))];
  const lines = [
    bareTable(['id', 'reason', 'field', 'expected', 'times', 'first seen', 'last seen'], rows, {
      width: Number.POSITIVE_INFINITY,
    })
      .split('\n')
      .map((line) => line.trimEnd())
      .join('\n'),
    '',
    `${counted(parked.length, 'record')} in quarantine; quarantine show ID tells more, quarantine redrive sends them again.`,
    ...hints.map((hint) => `  ${hint}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** One parked record. Pure. */
export function printParked(parked: Listed & { readonly payload?: string }, paint: Paint): string {
  const { quarantineId, payload, payloadDropped, ...facts } = parked;
  const known = SHOWN.flatMap((name) => (facts[name] === undefined ? [] : [[name, String(facts[name])]]));
  const received = payloadDropped === true ? 'too large to be kept' : (payload ?? 'nothing was kept');
  const lines = [
    paint.bold(quarantineId),
    ...bareTable([], known, { width: WIDTH })
      .split('\n')
      .map((line) => `  ${line.trimEnd()}`),
    'received:',
    received,
  ];
  return `${lines.join('\n')}\n`;
}

/** Dead letters by queue: how many, since when, what they are about. Pure. */
export function printDeadLetters(queues: readonly DeadSummary[]): string {
  const filled = queues.filter(({ count }) => count > 0);
  if (filled.length === 0) return 'No dead-letter queue holds a message.\n';
  const lines = filled.flatMap(({ queue, count, isCut, firstSeenAt, lastSeenAt, kinds, samples }) => [
    `${queue}: ${isCut ? 'more than ' : ''}${counted(count, 'message')}, sent ${clock(firstSeenAt)} to ${clock(lastSeenAt)}` +
      ` (${Object.entries(kinds)
        .map(([kind, times]) => `${times} ${kind}`)
        .join(', ')})`,
    ...samples.map(
      ({ kind, about, shop, sentAt, hops }) =>
        `  ${clock(sentAt)} ${kind} ${about ?? ''} ${shop ?? ''}${hops > 0 ? `, sent again ${hops} times` : ''}`,
    ),
  ]);
  return `\n${lines.map((line) => line.trimEnd()).join('\n')}\nquarantine redrive --dead-letters sends them again.\n`;
}

function clock(iso: string | null): string {
  return iso === null ? '' : iso.slice(0, 19).replace('T', ' ');
}
