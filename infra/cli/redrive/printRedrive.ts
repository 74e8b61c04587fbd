import type { RedriveReport } from '../../../lib/queue/redriveDeadLetters.ts';
import { counted } from '../../local/terminal/words.ts';
import type { Outcome } from './redriveParked.ts';
import type { Walk, WalkOutcome } from './walkAgain.ts';

/** What a redrive of dead letters did. */
export type DeadRedrive = RedriveReport & {
  readonly queue: string;
  /** Ticks that nobody sends again: later ones have done their work. */
  readonly superseded: number;
};

/** Pure. */
export function printDeadRedrive(redrives: readonly DeadRedrive[], dryRun: boolean): string {
  const would = dryRun ? 'would be ' : '';
  const lines = redrives.flatMap(({ queue, sent, parked, left, superseded }) => [
    `${queue}: ${counted(sent, 'message')} ${would}sent to the source queue again`,
    ...(parked > 0
      ? [`  ${parked} ${would}parked: sent again eight times before (--reset-hops sends them)`]
      : []),
    ...(left > 0 ? [`  ${left} left where they are`] : []),
    ...(superseded > 0
      ? [`  ${superseded} ticks ${would}removed: the schedules have ticked again since`]
      : []),
  ]);
  return `${lines.join('\n')}\n`;
}

const DONE: Readonly<Record<Outcome['outcome'], (count: number, would: string) => string>> = {
  sent: (count, would) =>
    `${counted(count, 'message')} ${would}sent to the queue again and taken out of quarantine`,
  asked: (count, would) =>
    `${counted(count, 'order')} ${would}asked for again within a minute; each leaves quarantine once the answer can be read`,
  walked: (count, would) =>
    `${counted(count, 'row')} ${would}listed again: the days they were listed in are walked`,
  kept: (count) => `${counted(count, 'record')} stay in quarantine`,
};

export type ParkedRedrive = {
  readonly outcomes: readonly Outcome[];
  /** Walks to be made, also those that were not made. */
  readonly walks: readonly Walk[];
  /** Absent when no walk was made. */
  readonly walked?: WalkOutcome;
};

/** Pure. */
export function printParkedRedrive({ outcomes, walks, walked }: ParkedRedrive, dryRun: boolean): string {
  if (outcomes.length === 0) return 'Nothing in quarantine is meant by this.\n';
  const would = dryRun ? 'would be ' : '';
  const groups = new Map<string, { outcome: Outcome['outcome']; source: string; count: number }>();
  for (const { outcome, source } of outcomes) {
    const key = `${outcome} ${source}`;
    const group = groups.get(key) ?? { outcome, source, count: 0 };
    groups.set(key, { ...group, count: group.count + 1 });
  }
  const lines = [...groups.values()].map(
    ({ outcome, source, count }) => `${source}: ${DONE[outcome](count, would)}`,
  );
  const reasons = new Set(outcomes.flatMap(({ why }) => (why === undefined ? [] : [why])));
  for (const why of reasons) lines.push(`  ${why}`);
  for (const { pull, shop, day } of walks) {
    const what = pull === 'pullTrades' ? 'trades' : 'ad orders';
    lines.push(`  ${what} of ${shop ?? 'all shops'}: ${day ?? 'no day is known, so the last 90 days'}`);
  }
  if (walked !== undefined) lines.push(...walkLines(walked));
  return `${lines.join('\n')}\n`;
}

function walkLines({ healed, unreadable, notMet, unfinished }: WalkOutcome): string[] {
  return [
    `${counted(healed, 'row')} could be read now and left quarantine, ${unreadable} came unreadable again`,
    ...(notMet > 0
      ? [
          `${notMet} were not listed again and stay: TOP lists three months, or the walk did not come to its end`,
        ]
      : []),
    ...unfinished.map((stream) => `not at its end: ${stream}; redrive again`),
  ];
}
