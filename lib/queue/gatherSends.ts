import { toCarferryError } from '../core/errors.ts';
import type { QueueMessage } from '../domain/queueMessage.ts';
import type { Sender } from './sendBatch.ts';

type Waiting = {
  readonly messages: readonly QueueMessage[];
  readonly resolve: () => void;
  readonly reject: (thrown: unknown) => void;
};

/**
 * A sender that puts what several workers send within a few milliseconds into common batches: one request for
 * ten messages instead of ten. Each `send` still resolves only when the queue has confirmed its own messages.
 *
 * @param gatherMs default 2 ms
 */
export function gatherSends(sender: Sender, gatherMs = 2): Sender {
  let gathered: Waiting[] = [];

  async function flush(waiting: readonly Waiting[]): Promise<void> {
    try {
      await sender.send(waiting.flatMap(({ messages }) => messages));
      for (const { resolve } of waiting) resolve();
    } catch (thrown) {
      // A message that no queue takes costs its neighbours nothing: everybody sends for himself.
      const isCommon = toCarferryError(thrown).disposition !== 'park' || waiting.length === 1;
      for (const { messages, resolve, reject } of waiting) {
        if (isCommon) reject(thrown);
        else await sender.send(messages).then(resolve, reject);
      }
    }
  }

  return {
    send: (messages) => {
      if (gathered.length === 0) {
        setTimeout(() => {
          const waiting = gathered;
          gathered = [];
          void flush(waiting);
        }, gatherMs);
      }
      return new Promise((resolve, reject) => void gathered.push({ messages, resolve, reject }));
    },
  };
}
