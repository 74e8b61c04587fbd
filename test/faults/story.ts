import {
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
} from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { pushedCall } from '../../infra/local/simulator/platform/pushedCall.ts';
import { doneMessages, toSqsEvent } from '../../infra/local/sqsEvent.ts';
import { toIso } from '../../lib/domain/chinaTime.ts';
import { queueMessageSchema } from '../../lib/domain/queueMessage.ts';
import type { Bench, Role } from './bench.ts';
import type { Ended } from './worker.ts';

/** A lease is over after this, and one tick. */
export const LEASE_OVER_MS = 61_000;
const MOST_TICKS = 7;
const MOST_ROUNDS = 12;

/** One deed of the story: a function is called as its trigger does, again until nothing is left for it. */
export type Step = {
  readonly name: string;
  readonly function: string;
  /** Runs to its end; throws when it never gets there. `timeoutMs` is that of the first invocation. */
  run(bench: Bench, role?: Role, timeoutMs?: number): Promise<void>;
  /** One invocation, as a tick that is delivered twice. */
  once(bench: Bench, role: Role): Promise<unknown>;
};

export class StuckError extends Error {}

const streamsSchema = z.object({
  streams: z.array(z.looseObject({ state: z.string(), reason: z.string().optional() })),
});
const moreSchema = z.object({
  more: z.boolean(),
  failed: z.number().optional(),
  postponed: z.number().optional(),
});

function isCaughtUp(result: unknown): boolean {
  return streamsSchema.parse(result).streams.every(({ state }) => state === 'caught-up');
}

function isEnded(result: unknown): boolean {
  const { more, failed = 0, postponed = 0 } = moreSchema.parse(result);
  return !more && failed === 0 && postponed === 0;
}

/** Ticks until the answer says that nothing is left; each further tick comes after a lease has run out. */
function ticking(
  name: string,
  fn: string,
  input: (bench: Bench) => unknown,
  isDone: (result: unknown) => boolean,
): Step {
  return {
    name,
    function: fn,
    once: (bench, role) => bench.invoke(role, fn, input(bench)),
    run: async (bench, role = 'subject', timeoutMs) => {
      let last: Ended | undefined;
      for (let tick = 0; tick < MOST_TICKS; tick += 1) {
        if (tick > 0) bench.advance(LEASE_OVER_MS);
        last = await bench.invoke(role, fn, input(bench), tick === 0 ? timeoutMs : undefined);
        if (last.end === 'answered' && isDone(last.result)) return;
        await bench.ground().control('messages/redeliver', 'POST', {});
      }
      throw new StuckError(`${name} never ends: ${JSON.stringify(last)}`);
    },
  };
}

/** Takes a queue empty as Lambda's event source does; what is not done comes back at once. */
function consuming(name: string, fn: string, queue: string): Step {
  return {
    name,
    function: fn,
    once: async () => undefined,
    run: async (bench, role = 'subject', timeoutMs) => {
      for (let round = 0; round < MOST_ROUNDS; round += 1) {
        const messages = await receive(bench, queue);
        if (messages.length === 0) return;
        await work(bench, { fn, queue, messages, role, timeoutMs: round === 0 ? timeoutMs : undefined });
      }
      throw new StuckError(`${name}: the queue is never empty`);
    },
  };
}

const urlOf = (bench: Bench, queue: string): string => {
  const { queueUrls, stage } = bench.ground();
  return queueUrls.get(`carferry-${stage}-${queue}`) ?? '';
};

async function receive(bench: Bench, queue: string): Promise<Message[]> {
  const messages: Message[] = [];
  while (messages.length < 10) {
    const { Messages = [] } = await bench.sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: urlOf(bench, queue),
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: 0,
        MessageSystemAttributeNames: ['All'],
      }),
    );
    if (Messages.length === 0) break;
    messages.push(...Messages);
  }
  return messages.slice(0, 30);
}

async function work(
  bench: Bench,
  batch: {
    fn: string;
    queue: string;
    messages: readonly Message[];
    role: Role;
    timeoutMs: number | undefined;
  },
): Promise<void> {
  const { fn, queue, messages, role, timeoutMs } = batch;
  const event = toSqsEvent(messages, `carferry-${bench.ground().stage}-${queue}`, 'us-east-1');
  if (role === 'subject') bench.inHand = { queue, messages, event, fn };
  const ended = await bench.invoke(role, fn, event, timeoutMs);
  const done = ended.end === 'answered' ? doneMessages(messages, ended.result) : [];
  for (const message of done) await holdToWritten(bench, message);
  if (done.length > 0) await remove(bench, queue, done);
  await release(
    bench,
    queue,
    messages.filter((message) => !done.includes(message)),
  );
}

/** Makes messages visible at once, whatever time-out they have. */
export async function release(bench: Bench, queue: string, messages: readonly Message[]): Promise<void> {
  for (const { ReceiptHandle } of messages) {
    await bench.sqs
      .send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: urlOf(bench, queue),
          ReceiptHandle,
          VisibilityTimeout: 0,
        }),
      )
      // Another holder has done and deleted it.
      .catch(() => undefined);
  }
}

async function remove(bench: Bench, queue: string, messages: readonly Message[]): Promise<void> {
  const Entries = messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
  for (let at = 0; at < Entries.length; at += 10) {
    const command = { QueueUrl: urlOf(bench, queue), Entries: Entries.slice(at, at + 10) };
    await bench.sqs.send(new DeleteMessageBatchCommand(command));
  }
}

/** Nothing may be acknowledged before it is durable, proven stale or parked (I11). */
async function holdToWritten(bench: Bench, { Body = '' }: Message): Promise<void> {
  const { stores, watch } = bench.ground();
  const message = queueMessageSchema.parse(JSON.parse(Body));
  let isWritten = true;
  if (message.kind === 'trade') {
    const order = await stores.orders.read(message.orderId);
    isWritten = order?.tradeModifiedAt !== undefined && order.tradeModifiedAt >= message.trade.modifiedAt;
  } else if (message.kind === 'lead') {
    isWritten = (await stores.leads.read(message.lead.leadId)) !== undefined;
  } else if (message.kind === 'adLine') {
    const lines = await stores.adOrders.linesOf(message.line.orderId);
    isWritten = lines.some(({ line }) => line === message.line.line);
  }
  if (!isWritten)
    watch.note({ kind: 'lost', what: `a ${message.kind} message was acknowledged before it was stored` });
}

const answerSchema = z.object({ statusCode: z.number(), body: z.string() });

/** A lead that the platform pushes; without success it calls again. */
function pushing(name: string, n: number): Step {
  return {
    name,
    function: 'receiveWebhook',
    once: (bench, role) => bench.invoke(role, 'receiveWebhook', pushEvent(bench, n)),
    run: async (bench, role = 'subject', timeoutMs) => {
      for (let attempt = 0; attempt < MOST_TICKS; attempt += 1) {
        const event = pushEvent(bench, n);
        const ended = await bench.invoke(
          role,
          'receiveWebhook',
          event,
          attempt === 0 ? timeoutMs : undefined,
        );
        if (ended.end !== 'answered') continue;
        const { statusCode, body } = answerSchema.parse(ended.result);
        if (statusCode === 200 && /"success":\s*"?true|<success>true/.test(body)) return;
      }
      throw new StuckError(`${name} is never accepted`);
    },
  };
}

function pushEvent(bench: Bench, n: number): unknown {
  const { environment, simulator } = bench.ground();
  const secret = environment['CARFERRY_QIMEN_SECRET'] ?? simulator.info.appSecret;
  const shop = simulator.info.shops[0]?.sellerNick;
  const target = 'http://127.0.0.1/qimen';
  const call = pushedCall({ target, secret, shop, seed: 'faults', n, now: Date.now() });
  return {
    version: '2.0',
    routeKey: 'POST /qimen',
    rawPath: '/qimen',
    rawQueryString: call.url.split('?')[1] ?? '',
    headers: call.headers,
    requestContext: { http: { method: 'POST', path: '/qimen', sourceIp: '127.0.0.1' } },
    body: Buffer.from(call.body).toString('base64'),
    isBase64Encoded: true,
  };
}

/** The world moves on: orders change, leads and trades are new. */
const later: Step = {
  name: 'later',
  function: 'none',
  once: async () => undefined,
  run: async (bench) => {
    const { control, moments } = bench.ground();
    await control('freeze', 'POST', { at: moments.second });
  },
};

const MINUTE_MS = 60_000;
const ahead = (minutes: number) => () => ({ until: toIso(Date.now() + minutes * MINUTE_MS) });
const live = (phase: 'first' | 'second') => (bench: Bench) => {
  const { moments } = bench.ground();
  return { lane: 'live', from: toIso(moments.from), until: toIso(moments[phase]) };
};
const sweep = (bench: Bench) => ({ ...live('second')(bench), lane: 'quarter', fresh: true });

/** Leads pushed by the platform: the second one twice. */
export const PUSHED = [1, 2, 2] as const;

const consumers = (phase: string): Step[] => [
  consuming(`${phase}.storeAdOrders`, 'storeAdOrders', 'ad-orders'),
  consuming(`${phase}.enrichOrders`, 'enrichOrders', 'orders'),
];

/** Everything settles by the live lanes alone up to the first moment. */
export const FIRST: readonly Step[] = [
  ticking('first.pullTrades', 'pullTrades', live('first'), isCaughtUp),
  ticking('first.pullAdOrders', 'pullAdOrders', live('first'), isCaughtUp),
  ...consumers('first'),
  ticking('first.pullLeads', 'pullLeads', ahead(9), isEnded),
  ...PUSHED.map((n, index) => pushing(`first.push${index + 1}`, n)),
  consuming('first.enrichLeads', 'enrichLeads', 'leads'),
];

/** Then the world has changed; messages, live lanes, sweeps and dues find it. */
export const SECOND: readonly Step[] = [
  later,
  ticking('second.pullMessages', 'pullMessages', () => ({}), isEnded),
  consuming('message.enrichOrders', 'enrichOrders', 'orders'),
  ticking('second.pullTrades', 'pullTrades', live('second'), isCaughtUp),
  ticking('second.pullAdOrders', 'pullAdOrders', live('second'), isCaughtUp),
  ...consumers('second'),
  ticking('sweep.pullTrades', 'pullTrades', sweep, isCaughtUp),
  ticking('sweep.pullAdOrders', 'pullAdOrders', sweep, isCaughtUp),
  ...consumers('sweep'),
  ticking('due.enqueueDues', 'enqueueDues', ahead(2 * 24 * 60), isEnded),
  ...consumers('due'),
  ticking('due.pullLeads', 'pullLeads', ahead(8 * 24 * 60), isEnded),
  consuming('due.enrichLeads', 'enrichLeads', 'leads'),
];
