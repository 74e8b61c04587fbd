import { setTimeout as delay } from 'node:timers/promises';
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { toIso } from '../../lib/domain/chinaTime.ts';
import type { Bench } from './bench.ts';
import { release } from './consuming.ts';
import type { Exchange, Reply } from './faultProxy.ts';
import type { Kind } from './kinds.ts';
import { LEASE_OVER_MS, type Step } from './step.ts';

/** How further requests go; undefined: as if nothing had been. */
export type Aftermath = (
  exchange: Exchange,
  forward: (changed?: string) => Promise<Reply>,
) => Promise<Reply | 'lost'> | undefined;

/** Where a fault strikes: the step under way, and what becomes of the other worker's requests meanwhile. */
export type Scene = { readonly bench: Bench; readonly step: Step; rival: Aftermath | undefined };

export type Struck = { readonly reply: Reply | 'lost'; readonly aftermath?: Aftermath };

const JSON_TYPE = { 'content-type': 'application/x-amz-json-1.0' };

function failure(status: number, type: string): Reply {
  return {
    status,
    headers: JSON_TYPE,
    body: Buffer.from(JSON.stringify({ __type: type, message: 'made by a test' })),
  };
}

export function errorOf({ service }: Exchange): Reply {
  if (service === 'dynamoDb') return failure(500, 'com.amazonaws.dynamodb.v20120810#InternalServerError');
  if (service === 'sqs') return failure(500, 'com.amazonaws.sqs#InternalFailure');
  return {
    status: 502,
    headers: { 'content-type': 'text/html' },
    body: Buffer.from('<html>Bad Gateway</html>'),
  };
}

export function throttleOf({ service }: Exchange): Reply {
  if (service === 'sqs') return failure(400, 'com.amazonaws.sqs#RequestThrottled');
  return failure(400, 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException');
}

const entriesSchema = z.object({ Entries: z.array(z.looseObject({ Id: z.string() })) }).loose();
const takenSchema = z.object({ Successful: z.array(z.unknown()).optional() }).loose();

/** Only the even entries reach the queue; the odd ones are refused. */
export async function takePart(
  { text }: Exchange,
  forward: (changed?: string) => Promise<Reply>,
): Promise<Reply> {
  const request = entriesSchema.parse(JSON.parse(text));
  const isTaken = (index: number): boolean => index % 2 === 1;
  const kept = request.Entries.filter((_, index) => isTaken(index));
  const Failed = request.Entries.filter((_, index) => !isTaken(index)).map(({ Id }) => ({
    Id,
    Code: 'InternalError',
    SenderFault: false,
  }));
  const reply = kept.length === 0 ? undefined : await forward(JSON.stringify({ ...request, Entries: kept }));
  const { Successful = [] } = reply === undefined ? {} : takenSchema.parse(JSON.parse(reply.body.toString()));
  return { status: 200, headers: JSON_TYPE, body: Buffer.from(JSON.stringify({ Successful, Failed })) };
}

/** What another run leaves behind that took the stream over and ended. */
async function steal({ bench }: Scene, { body }: Exchange): Promise<void> {
  const { Key } = z.object({ Key: z.custom<Record<string, { S: string }>>() }).parse(body);
  await bench.dynamoDb.send(
    new UpdateItemCommand({
      TableName: String(body['TableName']),
      Key,
      UpdateExpression: 'SET #owner = :owner, #expires = :expires ADD #fence :one, #version :one',
      ExpressionAttributeNames: {
        '#owner': 'owner',
        '#expires': 'expiresAt',
        '#fence': 'fence',
        '#version': 'version',
      },
      ExpressionAttributeValues: {
        ':owner': { S: 'rival' },
        ':expires': { S: toIso(Date.now() + 30_000) },
        ':one': { N: '1' },
      },
    }),
  );
}

/** The step's work by another environment, after the lease and the visibility time-out have passed. */
async function letRivalWork({ bench, step }: Scene): Promise<void> {
  const held = bench.inHand;
  if (held !== undefined && held.fn === step.function) await release(bench, held.queue, held.messages);
  bench.advance(LEASE_OVER_MS);
  await step.run(bench, 'rival');
}

/** The same event once more, at the same time. */
async function duplicate({ bench, step }: Scene): Promise<unknown> {
  const held = bench.inHand;
  if (held !== undefined && held.fn === step.function)
    return await bench.invoke('rival', held.fn, held.event);
  return await step.once(bench, 'rival');
}

/**
 * Both have read, then one writes, then the other: the duplicate is held at the same effect until the subject's
 * own request is done. A duplicate that never comes there has been turned away.
 */
async function sideBySide(scene: Scene, exchange: Exchange, forward: () => Promise<Reply>): Promise<Reply> {
  const own = Promise.withResolvers<void>();
  const met = Promise.withResolvers<void>();
  scene.rival = (next, onward) => {
    if (next.name !== exchange.name) return undefined;
    met.resolve();
    return own.promise.then(() => onward());
  };
  const ended = duplicate(scene);
  await Promise.race([met.promise, ended, delay(MEETS_WITHIN_MS)]);
  const reply = await forward();
  own.resolve();
  await ended;
  scene.rival = undefined;
  return reply;
}

/** Less than the time-out of a request. */
const MEETS_WITHIN_MS = 2_600;
const LATE_MS = 300;

/** Lets a fault of this kind happen to the request. */
export async function strike(
  kind: Kind,
  scene: Scene,
  exchange: Exchange,
  forward: (changed?: string) => Promise<Reply>,
): Promise<Struck> {
  const subject = scene.bench.worker('subject');
  const sameService: Aftermath = (next) =>
    next.service === exchange.service ? Promise.resolve('lost') : undefined;
  switch (kind) {
    case 'killBefore':
      subject.signal('SIGKILL');
      return { reply: 'lost' };
    case 'killAfter':
      await forward();
      subject.signal('SIGKILL');
      return { reply: 'lost' };
    case 'replyLost':
      await forward();
      return { reply: 'lost' };
    case 'wentAway':
      await forward();
      return { reply: 'lost', aftermath: sameService };
    case 'error': {
      const reply = errorOf(exchange);
      return {
        reply,
        aftermath: (next) => (next.name === exchange.name ? Promise.resolve(reply) : undefined),
      };
    }
    case 'throttled': {
      if (exchange.service === 'top') {
        const ban = { method: String(exchange.body['method']), seconds: 1 };
        await scene.bench.ground().control('quirks', 'POST', { ban });
        return { reply: await forward() };
      }
      let left = 1;
      const reply = throttleOf(exchange);
      return {
        reply,
        aftermath: (next) => (next.name === exchange.name && left-- > 0 ? Promise.resolve(reply) : undefined),
      };
    }
    case 'partial':
      return { reply: await takePart(exchange, forward) };
    case 'partialLasting':
      return {
        reply: await takePart(exchange, forward),
        aftermath: (next, on) => (next.name === exchange.name ? takePart(next, on) : undefined),
      };
    case 'truncated': {
      const { status, headers, body } = await forward();
      return { reply: { status, headers, body: body.subarray(0, Math.floor(body.length / 2)) } };
    }
    case 'stolen':
      await steal(scene, exchange);
      return { reply: await forward() };
    case 'zombie':
      subject.signal('SIGSTOP');
      await letRivalWork(scene).finally(() => subject.signal('SIGCONT'));
      return { reply: await forward() };
    case 'double':
      return { reply: await sideBySide(scene, exchange, forward) };
    case 'freeze': {
      subject.signal('SIGSTOP');
      await delay(Math.max(0, scene.bench.endsAt('subject') - Date.now()) + 50);
      subject.signal('SIGCONT');
      await delay(LATE_MS);
      await forward();
      return { reply: 'lost' };
    }
  }
}
