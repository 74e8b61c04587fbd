import type { SQSEvent } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { CarferryError, type Disposition } from '../../lib/core/errors.ts';
import { silentLog } from '../../lib/core/log.ts';
import type { QueueMessage } from '../../lib/domain/queueMessage.ts';
import { type Consumer, consumerHandler } from '../../lib/lambda/consumerHandler.ts';
import type { RunContext } from '../../lib/lambda/runContext.ts';
import { captureLines } from './captureLines.ts';
import { lambdaContext } from './lambdaContext.ts';
import { sqsEvent } from './sqsEvent.ts';

const message = (orderId: string): QueueMessage => ({
  v: 1,
  kind: 'noLead',
  shop: '测试旗舰店',
  orderId,
  observedAt: '2026-11-20T12:00:00+08:00',
});

function failure(disposition: Disposition): CarferryError {
  return new CarferryError({ disposition, reason: `test-${disposition}`, message: 'as the test says' });
}

/** A consumer whose parts are inert: using one that a test did not give a body is an error. */
function consumer(parts: Partial<Consumer>): Consumer {
  const inert = (name: string) => async () => {
    throw new TypeError(`${name} was not expected`);
  };
  return {
    handle: inert('handle'),
    park: inert('park'),
    backOff: inert('backOff'),
    log: silentLog,
    ...parts,
  };
}

function orderIdOf(given: QueueMessage): string {
  return 'orderId' in given ? String(given.orderId) : '';
}

describe('consumerHandler', () => {
  const lines = captureLines();

  it('acknowledges what was done, skipped or parked, and reports the rest, each for itself', async () => {
    const [done, skipped, parked, failed, halted] = ['1', '2', '3', '4', '5'];
    const parkedIds: string[] = [];
    const hidden: string[] = [];
    const handler = consumerHandler({
      start: async () =>
        consumer({
          handle: async (given) => {
            const dispositions: Record<string, Disposition> = {
              [skipped ?? '']: 'skip',
              [parked ?? '']: 'park',
              [failed ?? '']: 'retry',
              [halted ?? '']: 'halt',
            };
            const disposition = dispositions[orderIdOf(given)];
            if (disposition !== undefined) throw failure(disposition);
          },
          park: async ({ record }) => parkedIds.push(record.messageId),
          backOff: async (receiptHandle) => hidden.push(receiptHandle),
        }),
    });
    const event = sqsEvent([done, skipped, parked, failed, halted].map((orderId) => message(orderId ?? '')));

    const answer = await handler(event, lambdaContext());

    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'm3' }, { itemIdentifier: 'm4' }] });
    expect(parkedIds).toEqual(['m2']);
    expect(hidden).toEqual(['r3', 'r4']);
  });

  it('parks a body that is no message, at its first delivery, without its neighbours', async () => {
    const handled: string[] = [];
    const parkedIds: string[] = [];
    const handler = consumerHandler({
      start: async () =>
        consumer({
          handle: async (given) => {
            handled.push(orderIdOf(given));
          },
          park: async ({ record }) => parkedIds.push(record.messageId),
        }),
    });

    const answer = await handler(sqsEvent(['{"kind":"who"}', 'no json', message('7')]), lambdaContext());

    expect(answer).toEqual({ batchItemFailures: [] });
    expect([handled, parkedIds.sort()]).toEqual([['7'], ['m0', 'm1']]);
  });

  it('reports every record that is not done at the deadline, and aborts it', async () => {
    const signals: AbortSignal[] = [];
    const handler = consumerHandler({
      start: async () =>
        consumer({
          handle: async (given, { signal }: RunContext) => {
            signals.push(signal);
            if (orderIdOf(given) === '2') await new Promise(() => {});
          },
          backOff: async () => {},
        }),
    });

    const answer = await handler(sqsEvent([message('1'), message('2')]), lambdaContext(80));

    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'm1' }] });
    expect(signals.map((signal) => signal.aborted)).toEqual([true, true]);
  });

  it('fails as a whole when it cannot start, so that the queue brings all records back', async () => {
    const handler = consumerHandler({
      start: async () => {
        throw failure('halt');
      },
    });

    const handled = handler(sqsEvent([message('1')]), lambdaContext());

    await expect(handled).rejects.toMatchObject({ reason: 'test-halt' });
    expect(lines.stdout).toMatchObject([{ event: 'invocation-failed', reason: 'test-halt' }]);
  });

  it('takes an event without records for an error in the wiring', async () => {
    const handler = consumerHandler({ start: async () => consumer({}) });
    const empty: SQSEvent = { Records: [] };

    await expect(handler(empty, lambdaContext())).rejects.toMatchObject({ reason: 'empty-batch' });
  });

  it('logs no body', async () => {
    const handler = consumerHandler({ start: async () => consumer({ handle: async () => {} }) });

    await handler(sqsEvent([message('13900000001')]), lambdaContext());

    expect(lines.stdout).toMatchObject([{ event: 'invocation-ended', outcome: 'ok' }]);
    expect(JSON.stringify(lines)).not.toContain('13900000001');
  });
});
