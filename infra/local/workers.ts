import type { Clock } from '../../lib/core/clock.ts';
import { CarferryError } from '../../lib/core/errors.ts';
import { type EventSource, startEventSource } from './eventSources.ts';
import { refuseWrongApp } from './pulls.ts';
import type { System } from './system.ts';

export type Workers = {
  /** Messages received and not yet answered. */
  inHand(): number;
  /** The same of one queue; `waiting` as the queue itself tells it. */
  ofQueue(queue: string, waiting: number): { inHand: number; oldestSentAt: number | undefined };
  /** Rejects when a function cannot work at all; never resolves. */
  readonly broken: Promise<never>;
  /** Resolves when everything in hand is done. */
  stop(): Promise<void>;
};

/** Starts an event source for every SQS event of the template. */
export function startWorkers(system: System, clock: Clock, say: (line: string) => void): Workers {
  const { promise: broken, reject } = Promise.withResolvers<never>();
  // Whoever waits for the work also waits for this; alone it must not end the process.
  broken.catch(() => {});
  const sources: EventSource[] = system.wiring.sources.map((source) =>
    startEventSource(source, {
      sqs: system.sqs,
      queueUrl: system.queueUrls.get(source.queue) ?? source.queue,
      region: system.region,
      invoke: system.invoke,
      clock,
      onFailure: ({ function: name }, error) => {
        const reason = error instanceof CarferryError ? error.reason : String(error);
        say(`${name} failed: ${reason}`);
        if (isFatal(error)) reject(error);
        else catchInto(reject, () => refuseWrongApp(reason));
      },
    }),
  );
  return {
    inHand: () => sources.reduce((sum, source) => sum + source.inHand(), 0),
    ofQueue: (queue, waiting) => {
      const own = sources.filter((_, index) => system.wiring.sources[index]?.queue === queue);
      if (waiting === 0) for (const source of own) source.emptied();
      const sentAt = own.flatMap((source) => source.oldestSentAt() ?? []);
      return {
        inHand: own.reduce((sum, source) => sum + source.inHand(), 0),
        oldestSentAt: sentAt.length === 0 ? undefined : Math.min(...sentAt),
      };
    },
    broken,
    stop: async () => {
      await Promise.all(sources.map((source) => source.stop()));
    },
  };
}

function isFatal(error: unknown): boolean {
  return (
    error instanceof CarferryError && (error.reason === 'configuration' || error.reason === 'wrong-data-key')
  );
}

function catchInto(reject: (error: unknown) => void, check: () => void): void {
  try {
    check();
  } catch (error) {
    reject(error);
  }
}
