import { configurationError } from '../../../lib/core/errors.ts';
import { toIso } from '../../../lib/domain/chinaTime.ts';
import type { DeadLetter } from '../../../lib/queue/deadLetters.ts';
import { createDeadLetterQueue } from '../../../lib/queue/deadLetters.ts';
import { messageOf } from '../../../lib/queue/redriveDeadLetters.ts';
import { subjectOf } from '../../../lib/queue/subjectOf.ts';
import { queueName } from '../../local/terminal/words.ts';
import type { OpenData } from '../openData.ts';

/** A dead-letter queue of the template. */
export type DeadQueue = {
  readonly name: string;
  /** Where its messages came from; undefined for ticks of schedules, which nobody sends again. */
  readonly source: string | undefined;
};

/** What one dead letter is about; its content is never shown. */
export type DeadSample = {
  readonly kind: string;
  readonly shop: string | null;
  readonly about: string | null;
  readonly sentAt: string;
  readonly hops: number;
};

export type DeadSummary = {
  readonly queue: string;
  /** As far as was looked, when `isCut`. */
  readonly count: number;
  readonly isCut: boolean;
  readonly firstSeenAt: string | null;
  readonly lastSeenAt: string | null;
  readonly kinds: Readonly<Record<string, number>>;
  readonly samples: readonly DeadSample[];
};

const MOST_LOOKED_AT = 200;
const SAMPLES = 3;

/** Every dead-letter queue: targets of a redrive policy, and queues that no function reads. */
export function deadQueues({ wiring }: Pick<OpenData, 'wiring'>): DeadQueue[] {
  const sources = new Map(wiring.queues.map(({ name, redrive }) => [redrive?.deadLetterQueue, name]));
  return wiring.queues
    .filter(({ redrive }) => redrive === undefined)
    .map(({ name }) => ({ name, source: sources.get(name) }));
}

/** The queues that `--dead-letters [QUEUE]` means: one by its short or full name, or all. */
export function chooseDeadQueues(data: Pick<OpenData, 'wiring'>, wanted: string | true): DeadQueue[] {
  const all = deadQueues(data);
  if (wanted === true) return all;
  const chosen = all.filter(({ name, source }) =>
    [name, source, queueName(name), source && queueName(source)].includes(wanted),
  );
  if (chosen.length > 0) return chosen;
  const names = all.map(({ name }) => queueName(name)).join(', ');
  throw configurationError('--dead-letters', `there is no dead-letter queue ${wanted}`, `one of ${names}`);
}

/** Looks into every dead-letter queue and shows everything again; reads what the letters are about only. */
export async function summariseDeadLetters(data: OpenData): Promise<DeadSummary[]> {
  return await Promise.all(deadQueues(data).map((queue) => summarise(queue, data)));
}

async function summarise({ name }: DeadQueue, { sqs, queueUrls }: OpenData): Promise<DeadSummary> {
  const queue = createDeadLetterQueue(sqs, queueUrls.get(name) ?? name);
  const letters: DeadLetter[] = [];
  try {
    for await (const some of queue.take(MOST_LOOKED_AT)) letters.push(...some);
  } finally {
    for (const letter of letters) await queue.release(letter).catch(() => undefined);
  }
  const samples = letters.map(sampleOf).sort((a, b) => (a.sentAt < b.sentAt ? -1 : 1));
  const kinds: Record<string, number> = {};
  for (const { kind } of samples) kinds[kind] = (kinds[kind] ?? 0) + 1;
  return {
    queue: queueName(name),
    count: letters.length,
    isCut: letters.length >= MOST_LOOKED_AT,
    firstSeenAt: samples[0]?.sentAt ?? null,
    lastSeenAt: samples.at(-1)?.sentAt ?? null,
    kinds,
    samples: samples.slice(0, SAMPLES),
  };
}

function sampleOf(letter: DeadLetter): DeadSample {
  const message = messageOf(letter);
  const common = { sentAt: toIso(letter.sentAt), hops: letter.hops };
  if (message === undefined) return { kind: 'unreadable', shop: null, about: null, ...common };
  const { id, orderId } = subjectOf(message);
  return { kind: message.kind, shop: message.shop, about: orderId ?? id, ...common };
}
