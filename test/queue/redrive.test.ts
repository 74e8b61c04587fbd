import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../lib/core/clock.ts';
import { createDeadLetterQueue, type DeadLetter } from '../../lib/queue/deadLetters.ts';
import { hopsAttribute, hopsOf } from '../../lib/queue/hops.ts';
import { type RedriveOptions, redriveDeadLetters } from '../../lib/queue/redriveDeadLetters.ts';
import { startTestEngines, type TestEngines } from '../support/engines.ts';
import { noLead } from './samples.ts';

let engines: TestEngines;
let deadUrl: string;
let queueUrl: string;
let round = 0;

beforeAll(async () => {
  engines = await startTestEngines();
});
afterAll(() => engines.close());
beforeEach(async () => {
  round += 1;
  queueUrl = await engines.createQueue(`source-${round}`);
  deadUrl = await engines.createQueue(`dead-${round}`);
});

const instant: Clock = { now: systemClock.now, sleep: async () => {} };
const die = async (body: unknown, hops = 0) => {
  await engines.sqs.send(
    new SendMessageCommand({
      QueueUrl: deadUrl,
      MessageBody: typeof body === 'string' ? body : JSON.stringify(body),
      ...(hops > 0 && { MessageAttributes: hopsAttribute(hops) }),
    }),
  );
};
/** What lies in a queue for everybody to see; it stays hidden afterwards. */
async function visible(url: string): Promise<{ body: string; hops: number }[]> {
  // What was released is shown again after a second.
  if (url === deadUrl) await systemClock.sleep(1_100);
  const found = [];
  for (;;) {
    const { Messages = [] } = await engines.sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: 0,
        MessageAttributeNames: ['All'],
      }),
    );
    if (Messages.length === 0) return found.sort((a, b) => (a.body < b.body ? -1 : 1));
    for (const { Body = '', MessageAttributes } of Messages) {
      found.push({ body: Body, hops: hopsOf(MessageAttributes) });
    }
  }
}
const redrive = (
  options: Partial<RedriveOptions> = {},
  sqs: Pick<typeof engines.sqs, 'send'> = engines.sqs,
) =>
  redriveDeadLetters(createDeadLetterQueue(sqs, deadUrl, 1), {
    queueUrl,
    accepts: () => true,
    limit: Number.POSITIVE_INFINITY,
    perSecond: 50,
    dryRun: false,
    park: async () => {
      throw new Error('not expected');
    },
    clock: instant,
    ...options,
  });
const bodies = (...orderIds: string[]) => orderIds.map((id) => JSON.stringify(noLead(id)));

describe('redrive', () => {
  it('empties a dead-letter queue, each message sent as it was, once, one hop further', async () => {
    for (let n = 10; n < 35; n += 1) await die(noLead(String(n)));
    await die('<html>', 3);

    const report = await redrive();

    expect(report).toEqual({ sent: 26, parked: 0, left: 0 });
    expect(await visible(deadUrl)).toEqual([]);
    const expected = Array.from({ length: 25 }, (_, n) => ({ body: bodies(String(n + 10))[0], hops: 1 }));
    expect(await visible(queueUrl)).toEqual([{ body: '<html>', hops: 4 }, ...expected]);
  });

  it('changes nothing as a dry run, but tells the same', async () => {
    await die(noLead('1'));
    await die(noLead('2'), 8);

    const report = await redrive({ dryRun: true });

    expect(report).toEqual({ sent: 1, parked: 1, left: 0 });
    expect(await visible(queueUrl)).toEqual([]);
    expect((await visible(deadUrl)).map(({ body }) => body)).toEqual(bodies('1', '2'));
  });

  it('sends before it deletes: killed between the two, the message is doubled and never lost', async () => {
    await die(noLead('1'));
    await die(noLead('2'));
    const killed: Pick<typeof engines.sqs, 'send'> = {
      send: async (command: Parameters<typeof engines.sqs.send>[0]) => {
        // A dead process does nothing more, not even show what it held.
        if (!/^(Receive|Send)/.test(command.constructor.name)) throw new Error('killed');
        return await engines.sqs.send(command);
      },
    };

    await expect(redrive({}, killed)).rejects.toMatchObject({ reason: 'queue-unavailable' });
    const sentByTheKilled = await visible(queueUrl);
    await systemClock.sleep(1_100);
    const second = await redrive();

    expect(sentByTheKilled).toHaveLength(1);
    expect(second.sent).toBe(2);
    const all = [...sentByTheKilled, ...(await visible(queueUrl))].map(({ body }) => body);
    expect(new Set(all)).toEqual(new Set(bodies('1', '2')));
    expect(all).toHaveLength(3);
    expect(await visible(deadUrl)).toEqual([]);
  });

  it('run twice at the same time loses nothing', async () => {
    for (let n = 0; n < 20; n += 1) await die(noLead(String(n + 10)));

    const reports = await Promise.all([redrive(), redrive()]);

    expect(reports.reduce((sum, { sent }) => sum + sent, 0)).toBeGreaterThanOrEqual(20);
    expect(new Set((await visible(queueUrl)).map(({ body }) => body)).size).toBe(20);
    expect(await visible(deadUrl)).toEqual([]);
  });

  it('parks what was sent again eight times, before it deletes it', async () => {
    await die(noLead('1'), 8);
    const parked: DeadLetter[] = [];

    const failing = redrive({ park: async () => Promise.reject(new Error('away')) });
    await expect(failing).rejects.toThrow('away');
    await systemClock.sleep(1_100);
    const report = await redrive({ park: async (letter) => void parked.push(letter) });

    expect(report).toEqual({ sent: 0, parked: 1, left: 0 });
    expect(parked.map(({ body }) => body)).toEqual(bodies('1'));
    expect([await visible(deadUrl), await visible(queueUrl)]).toEqual([[], []]);
  });

  it('leaves what the filter or the limit excludes where it is, for everybody to see', async () => {
    for (const id of ['1', '2', '3', '4']) await die(noLead(id));
    const accepts: RedriveOptions['accepts'] = (_, message) =>
      message?.kind === 'noLead' && message.orderId !== '2';

    const report = await redrive({ accepts, limit: 2 });

    expect(report.sent).toBe(2);
    const [sent, dead] = [await visible(queueUrl), await visible(deadUrl)];
    expect(sent.map(({ body }) => body)).not.toContain(bodies('2')[0]);
    expect([...sent, ...dead].map(({ body }) => body).sort()).toEqual(bodies('1', '2', '3', '4'));
  });

  it('leaves a message that died again after the start to another time', async () => {
    await die(noLead('1'));
    const early: Clock = { ...instant, now: () => Date.now() - 60_000 };

    expect(await redrive({ clock: early })).toEqual({ sent: 0, parked: 0, left: 1 });
  });

  it('stops when it is told to and shows what it holds again', async () => {
    await die(noLead('1'));
    await die(noLead('2'));

    const report = await redrive({ signal: AbortSignal.abort() });

    expect(report).toEqual({ sent: 0, parked: 0, left: 0 });
    expect(await visible(deadUrl)).toHaveLength(2);
  });
});
