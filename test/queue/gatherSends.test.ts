import { describe, expect, it } from 'vitest';
import { CarferryError } from '../../lib/core/errors.ts';
import type { QueueMessage } from '../../lib/domain/queueMessage.ts';
import { gatherSends } from '../../lib/queue/gatherSends.ts';
import { noLead } from './samples.ts';

/** A sender that notes what it was given; `answer` decides how each request ends. */
function notingSender(answer: (orderIds: string[]) => CarferryError | undefined = () => undefined) {
  const sent: string[][] = [];
  return {
    sent,
    send: async (messages: readonly QueueMessage[]) => {
      const orderIds = messages.map((message) => ('orderId' in message ? message.orderId : ''));
      sent.push(orderIds);
      const error = answer(orderIds);
      if (error !== undefined) throw error;
    },
  };
}

function failing(disposition: 'park' | 'retry'): CarferryError {
  return new CarferryError({ disposition, reason: 'test', message: 'test' });
}

const outcomesOf = async (sends: Promise<void>[]) =>
  (await Promise.allSettled(sends)).map(({ status }) => status);

describe('gathered sends', () => {
  it('go out together, and those that come later with the next ones', async () => {
    const inner = notingSender();
    const sender = gatherSends(inner);

    await Promise.all(['1', '2', '3'].map((orderId) => sender.send([noLead(orderId)])));
    await sender.send([noLead('4')]);

    expect(inner.sent).toEqual([['1', '2', '3'], ['4']]);
  });

  it('resolve only when the queue has confirmed them', async () => {
    let confirm = (): void => {};
    const confirmed = new Promise<void>((resolve) => {
      confirm = resolve;
    });
    const sender = gatherSends({ send: () => confirmed });
    let isSent = false;

    const sending = sender.send([noLead('1')]).then(() => {
      isSent = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    const before = isSent;
    confirm();
    await sending;

    expect([before, isSent]).toEqual([false, true]);
  });

  it('all fail when the queue is away', async () => {
    const sender = gatherSends(notingSender(() => failing('retry')));

    const outcomes = await outcomesOf(['1', '2'].map((orderId) => sender.send([noLead(orderId)])));

    expect(outcomes).toEqual(['rejected', 'rejected']);
  });

  it('cost their neighbours nothing when one of them is refused', async () => {
    const inner = notingSender((orderIds) => (orderIds.includes('2') ? failing('park') : undefined));
    const sender = gatherSends(inner);

    const outcomes = await outcomesOf(['1', '2', '3'].map((orderId) => sender.send([noLead(orderId)])));

    expect(outcomes).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(inner.sent).toEqual([['1', '2', '3'], ['1'], ['2'], ['3']]);
  });
});
