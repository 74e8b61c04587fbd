import { fenToYuan } from '../../lib/domain/money.ts';
import type { Fact, OrderStory } from '../local/story/orderStory.ts';
import type { Paint } from '../local/terminal/paint.ts';
import { bareTable, type Cell } from '../local/terminal/tables.ts';

const WIDTH = 120;

/** An order's story on paper. Pure. */
export function printStory(story: OrderStory, paint: Paint): string {
  const part = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ['', paint.bold(title), ...lines.map((line) => `  ${line}`.trimEnd())];
  const table = (rows: readonly (readonly Cell[])[]): string[] =>
    rows.length === 0 ? [] : bareTable([], rows, { width: WIDTH - 2 }).split('\n');
  const lines = [
    paint.bold(`Order ${story.orderId}, ${story.shop}, ${story.status}`),
    ...(story.title === null ? [] : [`  ${story.title}`]),
    `  created ${clock(story.createdAt)}, first seen ${clock(story.firstSeenAt)}, ` +
      `last change seen ${clock(story.observedAt ?? story.firstSeenAt)}, rev ${story.rev}`,
    ...part(
      'Facets',
      table(
        story.facets.map(({ name, state, version }) => [
          name,
          state,
          paint.dim(version.replaceAll(ISO, (at) => clock(at))),
        ]),
      ),
    ),
    ...part('Money (yuan)', table(story.money.map(({ name, fen }) => [name, yuan(fen)]))),
    ...part(
      'Payment by stages (yuan)',
      table(
        story.stages.map(({ no, name, fen, paidFen, status }) => [
          `${no ?? ''} ${name}`.trim(),
          yuan(fen),
          status,
          paidFen === null ? '' : `paid ${yuan(paidFen)}`,
        ]),
      ),
    ),
    ...part('Store', story.store === null ? [] : [story.store]),
    ...part('Person', table(facts(story.person))),
    ...part(story.lead === null ? 'Lead' : `Lead ${story.lead.leadId}`, leadLines(story, table)),
    ...part(
      'Ad lines',
      table(
        story.adLines.map(({ clickAt, channel, campaignId, status, payFen }) => [
          `clicked ${clock(clickAt)}`,
          channel,
          campaignId === null ? '' : `campaign ${campaignId}`,
          status,
          yuan(payFen),
        ]),
      ),
    ),
    ...part('Open', openLines(story, paint)),
  ];
  return `${lines.join('\n')}\n`;
}

function leadLines(story: OrderStory, table: (rows: readonly (readonly Cell[])[]) => string[]): string[] {
  if (story.lead === null) return ['none so far'];
  return table(
    facts(
      story.lead.facts.map(({ name, value }) => ({ name, value: value.replaceAll(ISO, (at) => clock(at)) })),
    ),
  );
}

function openLines({ owes, gaps, dues }: OrderStory, paint: Paint): string[] {
  const lines = [
    ...(owes.length > 0 ? [paint.yellow(`owes: ${owes.join(', ')}`)] : []),
    ...gaps.map(({ step, reason }) => paint.yellow(`gap: ${step} (${reason})`)),
    ...dues.map(
      ({ reason, dueAt, attempts }) => `due ${clock(dueAt)}: ${DUES[reason]}, ${attempts} done before`,
    ),
  ];
  return lines.length > 0 ? lines : [paint.green('nothing: everything that can be known of it is here')];
}

const DUES: Readonly<Record<OrderStory['dues'][number]['reason'], string>> = {
  leadCheck: 'ask for its lead again',
  owed: 'do the steps it owes',
  carCheck: 'ask again whether it is a car order',
  openOrder: 'look at it again, it is still open',
};

const ISO = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{3})?\+08:00/g;

/** `2026-11-22 14:40:48`, China time as everywhere. */
function clock(iso: string | null): string {
  return iso === null ? 'at an unknown time' : iso.slice(0, 19).replace('T', ' ');
}

function yuan(fen: number | null): string {
  return fen === null ? '' : fenToYuan(fen);
}

function facts(list: readonly Fact[]): Cell[][] {
  return list.map(({ name, value }) => [name, value]);
}
