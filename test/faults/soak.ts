import { setTimeout as delay } from 'node:timers/promises';
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { systemClock } from '../../lib/core/clock.ts';
import { toIso } from '../../lib/domain/chinaTime.ts';
import { createDeadLetterQueue } from '../../lib/queue/deadLetters.ts';
import { redriveDeadLetters } from '../../lib/queue/redriveDeadLetters.ts';
import type { Bench } from './bench.ts';
import { consuming } from './consuming.ts';
import { verdict } from './oracle.ts';
import { pushing } from './pushing.ts';
import { type Step, StuckError } from './step.ts';
import { ahead, isCaughtUp, isEnded, ticking } from './ticking.ts';
import type { Finding } from './watch.ts';
import { createWeather } from './weather.ts';
import type { World } from './world.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** The world grows from three weeks ago on, half an hour at a time. */
const GROWS_FOR_MS = 21 * DAY_MS;
const WORLD_STEP_MS = 30 * MINUTE_MS;

function soakWorld(seed: string, now: number): World {
  const anchorAt = Math.floor((now - GROWS_FOR_MS) / 1000) * 1000;
  const moments = { from: anchorAt - 2 * DAY_MS, first: anchorAt, second: anchorAt };
  return {
    simulator: { seed, anchorAt, trades: 300, shops: 2, growthPerMinute: 160 / (24 * 60) },
    moments,
    trades: [],
  };
}

export type SoakReport = {
  readonly findings: readonly Finding[];
  readonly rounds: number;
  readonly orders: number;
  readonly counts: Readonly<Record<string, number>>;
};

/**
 * The whole system by its schedules, in processes that die, on servers that fail, over a world that grows; then calm,
 * and everything must be as the world says.
 */
export async function soak(
  bench: Bench,
  options: {
    readonly seed: string;
    readonly random: () => number;
    readonly until: number;
    readonly say: (line: string) => void;
  },
): Promise<SoakReport> {
  const { random, until, say } = options;
  const { moments, stores, control, stage } = await bench.begin(soakWorld(options.seed, Date.now()));
  const weather = createWeather(bench, random);
  bench.handling = weather.handling;
  const world = { at: moments.first, rounds: 0, pushed: 0, orders: 0 };
  const startedAt = Date.now();
  const unanswered: Step[] = [];

  const window = (lane: string, days: number) => () => {
    const from = lane === 'live' ? moments.from : Math.max(moments.from, world.at - days * DAY_MS);
    const fresh = lane === 'live' ? {} : { fresh: true };
    return { lane, from: toIso(from), until: toIso(world.at), ...fresh };
  };
  const pulls = (lane: string, days: number): Step[] => [
    ticking(`${lane} trades`, 'pullTrades', window(lane, days), isCaughtUp),
    ticking(`${lane} adOrders`, 'pullAdOrders', window(lane, days), isCaughtUp),
  ];
  const consumers = [
    consuming('storeAdOrders', 'storeAdOrders', 'ad-orders'),
    consuming('enrichOrders', 'enrichOrders', 'orders'),
    consuming('enrichLeads', 'enrichLeads', 'leads'),
  ];
  const live = pulls('live', 0);
  const leads = ticking('pullLeads', 'pullLeads', () => ({}), isEnded);
  const messages = ticking('pullMessages', 'pullMessages', () => ({}), isEnded);
  const day = pulls('day', 1);
  const fortnight = pulls('fortnight', 14);

  /** One tick of a schedule, sometimes delivered twice; whatever comes of it, the next one goes on. */
  async function tick(step: Step): Promise<void> {
    const twice = random() < 0.1;
    const runs = [step.once(bench, 'subject'), ...(twice ? [step.once(bench, 'rival')] : [])];
    await Promise.all(runs.map((run) => run.catch(() => undefined)));
    if (random() < 0.5) await endLeases();
  }

  /** A minute passes for the leases: whoever held them is a zombie now. */
  async function endLeases(): Promise<void> {
    for (const { stream, owner } of await stores.streams.list()) {
      if (owner === undefined) continue;
      await bench.dynamoDb.send(
        new UpdateItemCommand({
          TableName: `carferry-${stage}-streams`,
          Key: { stream: { S: stream }, row: { S: 'state' } },
          UpdateExpression: 'SET #at = :past',
          ExpressionAttributeNames: { '#at': 'expiresAt' },
          ExpressionAttributeValues: { ':past': { S: toIso(Date.now() - 1000) } },
        }),
      );
    }
  }

  async function scheduled(): Promise<void> {
    while (Date.now() < until) {
      world.rounds += 1;
      world.at = Math.min(world.at + WORLD_STEP_MS, Date.now() - MINUTE_MS);
      await control('freeze', 'POST', { at: world.at });
      if (random() < 0.05) await control('quirks', 'POST', { ban: { seconds: 1 } });
      for (const step of live) await tick(step);
      await tick(leads);
      if (random() < 0.3) await tick(messages);
      if (random() < 0.1) for (const step of day) await tick(step);
      if (random() < 0.02) for (const step of fortnight) await tick(step);
      if (random() < 0.2) await push();
    }
  }

  async function push(): Promise<void> {
    world.pushed += 1;
    const step = pushing(`push ${world.pushed}`, world.pushed);
    // The platform calls again later.
    await step.run(bench).catch(() => void unanswered.push(step));
  }

  async function consumed(): Promise<void> {
    while (Date.now() < until) {
      for (const step of consumers) await step.once(bench, 'rival').catch(() => undefined);
      await delay(20);
    }
  }

  async function remembered(): Promise<void> {
    for (let at = 0; Date.now() < until; at += 1) {
      await delay(Math.min(Math.max(0, until - Date.now()), at === 0 ? 2_000 : 10_000));
      const mb = (bytes: number): string => `${Math.round(bytes / 1_048_576)} MB`;
      let orders = 0;
      for await (const _ of stores.orders.scan()) orders += 1;
      world.orders = orders;
      const memory = `functions ${mb(bench.worker('subject').rss())} and ${mb(bench.worker('rival').rss())}`;
      const seconds = Math.round((Date.now() - startedAt) / 1000);
      const { killed, ...others } = weather.counts;
      const faults = Object.values(others).reduce((sum, count) => sum + count, 0);
      say(
        `${String(seconds).padStart(5)} s  ${world.rounds} rounds, ${orders} orders, ${faults} faults, ${killed} kills  ` +
          `memory: ${memory}, engines and simulator ${mb(process.memoryUsage.rss())}`,
      );
    }
  }

  await Promise.all([scheduled(), consumed(), remembered()]);
  weather.clear();
  await control('quirks', 'DELETE');
  const findings: Finding[] = [];
  try {
    await calm();
  } catch (thrown) {
    if (!(thrown instanceof StuckError)) throw thrown;
    findings.push({ kind: 'lost', what: thrown.message });
  }
  findings.push(...(await verdict(bench, world.at, { pushed: world.pushed })));
  return { findings, rounds: world.rounds, orders: world.orders, counts: weather.counts };

  /** What schedules would do in the hours after the storm, and the operator with the dead letters. */
  async function calm(): Promise<void> {
    await endLeases();
    await redriveAll(bench);
    for (const step of [...unanswered, ...live, messages, ...consumers]) await step.run(bench);
    for (const step of [...pulls('quarter', 90), ...consumers]) await step.run(bench);
    await ticking('dues', 'enqueueDues', ahead(2 * 24 * 60), isEnded).run(bench);
    for (const step of consumers) await step.run(bench);
    await ticking('leads', 'pullLeads', ahead(8 * 24 * 60), isEnded).run(bench);
    for (const step of consumers) await step.run(bench);
  }
}

/** Messages that met a fault at every receive are dead letters; `carferry quarantine redrive --dead-letters`. */
async function redriveAll(bench: Bench): Promise<void> {
  const { queueUrls, stage } = bench.ground();
  for (const queue of ['orders', 'ad-orders', 'leads']) {
    const url = (name: string): string => queueUrls.get(`carferry-${stage}-${name}`) ?? '';
    await redriveDeadLetters(createDeadLetterQueue(bench.sqs, url(`${queue}-dead`)), {
      queueUrl: url(queue),
      accepts: () => true,
      limit: 100_000,
      perSecond: 1000,
      dryRun: false,
      park: async () => undefined,
      clock: systemClock,
    });
  }
}
