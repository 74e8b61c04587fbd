import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { queueMessageSchema } from '../../lib/domain/queueMessage.ts';
import { createBackOff } from '../../lib/queue/backOff.ts';
import { createSender } from '../../lib/queue/sendBatch.ts';
import { startTestEngines, type TestEngines } from '../support/engines.ts';
import { noLead, tradeOf } from './samples.ts';

describe('with the embedded queue', () => {
  let engines: TestEngines;
  beforeAll(async () => {
    engines = await startTestEngines();
  });
  afterAll(() => engines.close());

  const receive = (queueUrl: string) =>
    engines.sqs.send(
      new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 0 }),
    );

  it('brings every message, emoji included, to the other side as it was', async () => {
    const queueUrl = await engines.createQueue('round-trip');
    const messages = Array.from({ length: 7 }, (_, n) => tradeOf(String(n), 8_000, '车😀\uffff'));

    await createSender(engines.sqs, queueUrl).send(messages);

    const received = [];
    for (let reply = await receive(queueUrl); reply.Messages?.length; reply = await receive(queueUrl)) {
      received.push(...reply.Messages.map(({ Body }) => queueMessageSchema.parse(JSON.parse(String(Body)))));
    }
    expect(received.sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)))).toEqual(messages);
  });

  it('brings a message back at once when its back-off is over', async () => {
    const queueUrl = await engines.createQueue('back-off', { VisibilityTimeout: '600' });
    await createSender(engines.sqs, queueUrl).send([noLead('1')]);
    const first = await receive(queueUrl);
    const hidden = await receive(queueUrl);

    await createBackOff(engines.sqs, queueUrl)(String(first.Messages?.[0]?.ReceiptHandle), 0);

    const again = await receive(queueUrl);
    expect([first, hidden, again].map(({ Messages }) => Messages?.length ?? 0)).toEqual([1, 0, 1]);
  });

  it('tells an absent queue as one to retry', async () => {
    const absent = `${await engines.createQueue('present')}-not`;

    const sending = createSender(engines.sqs, absent).send([noLead('1')]);

    await expect(sending).rejects.toMatchObject({ disposition: 'retry', reason: 'queue-unavailable' });
  });
});
