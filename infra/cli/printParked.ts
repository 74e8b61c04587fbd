import type { Parked } from '../../lib/store/quarantineTable.ts';
import type { Paint } from '../local/terminal/paint.ts';
import { bareTable } from '../local/terminal/tables.ts';
import { counted } from '../local/terminal/words.ts';

const WIDTH = 120;

const SHOWN = [
  ...(['source', 'shop', 'orderId', 'reason', 'field', 'expected', 'hint'] as const),
  ...(['firstSeenAt', 'lastSeenAt', 'times'] as const),
];

type Listed = Omit<Parked, 'payloadSealed'>;

/** Parked records, one block of two lines each: what and why, then the hint. Pure. */
export function printParkedList(parked: readonly Listed[]): string {
  if (parked.length === 0) return 'The quarantine is empty.\n';
  const rows = parked.map(({ quarantineId, reason, field, expected, times, lastSeenAt }) => [
    quarantineId,
    reason,
    field ?? '',
    expected === undefined ? '' : `wanted ${expected}`,
    times,
    lastSeenAt.slice(0, 19).replace('T', ' '),
  ]);
  const hints = [...new Set(parked.flatMap(({ reason, hint }) => (hint ? [`${reason}: ${hint}`] : [])))];
  const lines = [
    bareTable(['id', 'reason', 'field', 'expected', 'times', 'last seen'], rows, {
      width: Number.POSITIVE_INFINITY,
    })
      .split('\n')
      .map((line) => line.trimEnd())
      .join('\n'),
    '',
    `${counted(parked.length, 'record')} in quarantine; quarantine show ID tells more.`,
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
