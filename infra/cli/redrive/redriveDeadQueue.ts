import { systemClock } from '../../../lib/core/clock.ts';
import { createSealedParker } from '../../../lib/lambda/sealedParker.ts';
import { createDeadLetterQueue } from '../../../lib/queue/deadLetters.ts';
import { redriveDeadLetters } from '../../../lib/queue/redriveDeadLetters.ts';
import { tooManyHops } from '../../../lib/queue/tooManyHops.ts';
import { queueName } from '../../local/terminal/words.ts';
import type { OpenData } from '../openData.ts';
import type { DeadQueue } from './deadQueues.ts';
import type { DeadRedrive } from './printRedrive.ts';
import { isLetterSelected, type Selection } from './selection.ts';

export type DeadQueueOptions = {
  readonly selection: Selection;
  readonly dryRun: boolean;
  readonly perSecond: number;
  readonly resetHops: boolean;
  readonly signal: AbortSignal;
};

/** The names that consumers park under, by the nouns of their queues. */
const SOURCE_OF: Readonly<Record<string, string>> = { 'ad-orders': 'adOrders' };

/**
 * Sends the messages of one dead-letter queue to their source again. Ticks of schedules are only removed: later
 * ones have done their work.
 */
export async function redriveDeadQueue(
  { name, source }: DeadQueue,
  data: Pick<OpenData, 'sqs' | 'queueUrls' | 'stores' | 'keys'>,
  { selection, dryRun, ...how }: DeadQueueOptions,
): Promise<DeadRedrive> {
  const { sqs, queueUrls, stores } = data;
  const queue = createDeadLetterQueue(sqs, queueUrls.get(name) ?? name);
  const accepts: Parameters<typeof redriveDeadLetters>[1]['accepts'] = (letter, message) =>
    isLetterSelected(letter, message, selection);
  const options = {
    accepts,
    limit: selection.limit,
    dryRun,
    clock: systemClock,
    ...how,
  };
  if (source === undefined) {
    const removed = await redriveDeadLetters(
      { ...queue, sendTo: (_, letter) => queue.remove(letter) },
      {
        ...options,
        queueUrl: '',
        resetHops: true,
        park: async () => {},
      },
    );
    return { queue: queueName(name), ...removed, sent: 0, superseded: removed.sent };
  }
  const parkedAs = SOURCE_OF[queueName(source)] ?? queueName(source);
  const report = await redriveDeadLetters(queue, {
    ...options,
    queueUrl: queueUrls.get(source),
    park: async ({ messageId, body, receiptHandle, hops }, message) => {
      const parker = createSealedParker({
        source: parkedAs,
        quarantine: stores.quarantine,
        keys: data.keys(),
        clock: systemClock,
      });
      const attributes = { ApproximateReceiveCount: '1' };
      const record = { messageId, body, receiptHandle, attributes, messageAttributes: hopsText(hops) };
      await parker.park({ record, message, error: tooManyHops(hops) });
    },
  });
  return { queue: queueName(name), ...report, superseded: 0 };
}

function hopsText(hops: number) {
  return { hops: { stringValue: String(hops) } };
}
