import type { StreamReport } from '../../lib/domain/summaryDocument.ts';
import type { DayManifest } from '../../lib/store/dayManifest.ts';
import { ruledTable } from '../local/terminal/tables.ts';
import { counted, streamName } from '../local/terminal/words.ts';

export type Reconciled = {
  readonly shop: string;
  readonly day: string;
  readonly manifest: DayManifest | undefined;
  readonly streams: readonly StreamReport[];
};

const COUNTS = [
  'upstream',
  'present',
  'missing',
  'differing',
  'healed',
  'parked',
  'unknownUpstream',
] as const;

/** The manifest as a table, then what it says in a sentence. Pure. */
export function printReconcile({ shop, day, manifest, streams }: Reconciled): string {
  const lines: string[] = [];
  if (manifest !== undefined) {
    lines.push(
      ruledTable(
        [`${shop}, ${day}`, 'orders'],
        COUNTS.map((name) => [WORDS[name], manifest[name]]),
      ),
    );
  }
  lines.push(sentence({ shop, day, manifest }));
  for (const { stream, state, reason, rows, enqueued } of streams) {
    if (state !== 'caught-up') {
      lines.push(
        `${streamName(stream)}: ${state}${reason === undefined ? '' : ` (${reason})`}; run it again, it goes on from there`,
      );
    } else if (stream.startsWith('adOrders')) {
      lines.push(`${streamName(stream)}: ${counted(rows, 'line')} of the day listed, ${enqueued} sent again`);
    }
  }
  return `${lines.join('\n')}\n`;
}

const WORDS = {
  upstream: 'listed by TOP',
  present: 'stored as listed',
  missing: 'not stored as listed, sent again',
  differing: '  of these stored otherwise',
  healed: 'healed since the first walk',
  parked: 'in quarantine',
  unknownUpstream: 'stored, no longer listed',
} as const;

function sentence({ day, manifest }: Omit<Reconciled, 'streams'>): string {
  if (manifest === undefined) return `No walk of ${day} has reached its end yet, so there is no manifest.`;
  const { state, reason, upstream, missing, parked } = manifest;
  if (state === 'green') {
    const rest = parked === 0 ? '' : ` (${counted(parked, 'row')} unreadable, in quarantine)`;
    return `${day} is green: ${counted(upstream, 'order')} upstream, every one stored as upstream shows it${rest}.`;
  }
  const why = {
    missing: `${counted(missing, 'order')} had to be sent again; walk it once more when the queues are empty`,
    'open-window': 'a window of the day does not add up and stays open; sweeps try it again',
    'day-not-over': 'the day is not over',
  } as const;
  return `${day} is red: ${reason === undefined ? 'the walk says no reason' : why[reason]}.`;
}
