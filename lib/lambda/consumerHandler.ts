import middy from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { QueueMessage } from '../domain/queueMessage.ts';
import { consumeBatch } from '../queue/consumeBatch.ts';
import { announceRecord } from './announceRecord.ts';
import { createInvocationScope } from './invocationScope.ts';
import type { RunContext } from './runContext.ts';

/** Kept back of a consumer's time so that every unfinished record can still be reported as failed. */
const RESERVE_MS = 5_000;

type BatchOptions = Parameters<typeof consumeBatch>[1];

/** What a consumer is made of at cold start. */
export type Consumer = Pick<BatchOptions, 'park' | 'heal' | 'putOff' | 'backOff' | 'log'> & {
  /** One record; resolves only when its effect is durable, else throws a classified error. */
  readonly handle: (message: QueueMessage, context: RunContext) => Promise<void>;
};

export type ConsumerHandler = (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;

/**
 * A function fed by one SQS queue; answers `ReportBatchItemFailures`. At the deadline every record that is
 * not done is reported failed, and its signal is aborted so that it cannot act later.
 */
export function consumerHandler(options: { readonly start: () => Promise<Consumer> }): ConsumerHandler {
  const scope = createInvocationScope(RESERVE_MS);
  return middy<SQSEvent, SQSBatchResponse>({ timeoutEarlyInMillis: 0 })
    .use(scope.middleware)
    .handler((event, context) =>
      scope.inside(context, async (invocation) => {
        const { handle, ...rest } = await options.start();
        return consumeBatch(event.Records, {
          ...rest,
          handle: async (message) => {
            await untilAborted(invocation.signal, () => handle(message, invocation));
            announceRecord(message);
          },
        });
      }),
    );
}

/** Settles with `run`, or rejects with the signal's reason as soon as it aborts. */
function untilAborted<T>(signal: AbortSignal, run: () => Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) {
      abort();
      return;
    }
    signal.addEventListener('abort', abort, { once: true });
    run()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', abort));
  });
}
