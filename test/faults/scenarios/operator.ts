import { setTimeout as delay } from 'node:timers/promises';
import {
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { systemClock } from '../../../lib/core/clock.ts';
import { createDeadLetterQueue } from '../../../lib/queue/deadLetters.ts';
import { redriveDeadLetters } from '../../../lib/queue/redriveDeadLetters.ts';
import type { Bench } from '../bench.ts';
import { pushEvent } from '../pushing.ts';
import type { Scenario } from './stage.ts';

const urlOf = (bench: Bench, queue: string): string => {
  const { queueUrls, stage } = bench.ground();
  return queueUrls.get(`carferry-${stage}-${queue}`) ?? '';
};

/** C29: the function has done its work, the delete of its messages fails: they come once more. */
export const deleteFails: Scenario = async ({ bench, open, run, finish }) => {
  await open('first.storeAdOrders');
  for (const step of [
    'first.storeAdOrders',
    'first.enrichOrders',
    'first.pullLeads',
    'first.push1',
    'first.push2',
  ]) {
    bench.keptBatches = 2;
    await run(step);
  }
  bench.keptBatches = 2;
  await run('first.enrichLeads');
  await finish('first.push3');
};

/** Moves what waits in the orders queue to its dead letters, as too many receives would. */
async function letDie(bench: Bench): Promise<number> {
  let moved = 0;
  for (;;) {
    const { Messages = [] } = await bench.sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: urlOf(bench, 'orders'),
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: 0,
      }),
    );
    if (Messages.length === 0) return moved;
    for (const { Body, ReceiptHandle } of Messages) {
      await bench.sqs.send(
        new SendMessageCommand({ QueueUrl: urlOf(bench, 'orders-dead'), MessageBody: Body }),
      );
      await bench.sqs.send(new DeleteMessageCommand({ QueueUrl: urlOf(bench, 'orders'), ReceiptHandle }));
      moved += 1;
    }
  }
}

/** What a dead redrive held is shown again after it. */
const HELD_SECONDS = 1;

/** `carferry quarantine redrive --dead-letters`, by a client that may be given. */
async function redrive(bench: Bench, sqs: SQSClient = bench.sqs): Promise<number> {
  const { sent } = await redriveDeadLetters(
    createDeadLetterQueue(sqs, urlOf(bench, 'orders-dead'), HELD_SECONDS),
    {
      queueUrl: urlOf(bench, 'orders'),
      accepts: () => true,
      limit: 1000,
      perSecond: 1000,
      dryRun: false,
      park: async () => undefined,
      clock: systemClock,
    },
  );
  return sent;
}

/** Until nothing is dead any more; what a dead run held is shown again after a second. */
async function redriveAll(bench: Bench): Promise<void> {
  for (let rounds = 0; rounds < 4; rounds += 1) {
    await redrive(bench);
    await delay(1_100);
  }
}

/** C39: the redrive dies after it has sent a message, before it has deleted it: a double, nothing else. */
export const redriveDies: Scenario = async ({ bench, open, finish, hold }) => {
  await open('first.enrichOrders');
  const dead = await letDie(bench);
  const dying = new SQSClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    endpoint: new URL(urlOf(bench, 'orders')).origin,
    maxAttempts: 1,
  });
  const deletes = { count: 0 };
  dying.middlewareStack.add(
    (next, context) => async (args) => {
      if (context.commandName === 'DeleteMessageCommand') deletes.count += 1;
      if (deletes.count >= 3) throw new Error('the process is dead');
      return await next(args);
    },
    { step: 'initialize', name: 'dies' },
  );
  const outcome = await redrive(bench, dying).catch(() => 'died');
  dying.destroy();
  hold(dead > 5 && outcome === 'died', 'the redrive did not die in the middle');
  await redriveAll(bench);
  await finish('first.enrichOrders');
};

/** C33: messages became dead letters and were sent again while the first consumer is still at work on them. */
export const deadLetterWhileWorked: Scenario = async ({ bench, open, run, once, finish }) => {
  await open('first.enrichOrders');
  let isHeld = false;
  bench.handling = async (role, { name }, forward) => {
    if (role === 'subject' && name === 'trade.write' && !isHeld) {
      isHeld = true;
      for (const { Body } of bench.inHand?.messages ?? []) {
        await bench.sqs.send(
          new SendMessageCommand({ QueueUrl: urlOf(bench, 'orders-dead'), MessageBody: Body }),
        );
      }
      await redrive(bench);
      await once('first.enrichOrders', 'rival');
    }
    return await forward();
  };
  await run('first.enrichOrders');
  await redriveAll(bench);
  await finish('first.enrichOrders');
};

const answerSchema = z.looseObject({ result: z.looseObject({ statusCode: z.number(), body: z.string() }) });

/** C38: during the overlap both secrets are taken; after it the old one is refused. */
export const secretRotates: Scenario = async ({ bench, open, run, finish, hold }) => {
  await open('first.push1');
  await run('first.push1');
  const old = bench.ground().simulator.info.appSecret;
  const next = 'invented-next-secret-of-a-test';
  const isAccepted = async (n: number, secret: string): Promise<boolean> => {
    const ended = await bench.invoke('subject', 'receiveWebhook', pushEvent(bench, n, secret));
    return /"success":\s*"?true|<success>true/.test(answerSchema.parse(ended).result.body);
  };
  bench.tune({ CARFERRY_QIMEN_SECRET: `${next},${old}` });
  hold(await isAccepted(2, old), 'the old secret was refused during the overlap');
  hold(await isAccepted(2, next), 'the new secret was refused during the overlap');
  bench.tune({ CARFERRY_QIMEN_SECRET: next });
  hold(!(await isAccepted(3, old)), 'the old secret was taken after the overlap');
  hold(await isAccepted(1, next), 'the new secret was refused after the overlap');
  await finish('first.enrichLeads');
};
