import { afterEach } from 'vitest';
import * as z from 'zod';
import { systemClock } from '../../lib/core/clock.ts';
import { CarferryError } from '../../lib/core/errors.ts';
import { silentLog } from '../../lib/core/log.ts';
import type { TopCallEvent } from '../../lib/core/telemetry.ts';
import { defineTopApi } from '../../lib/top/defineTopApi.ts';
import { createLocalRateBudget } from '../../lib/top/rateBudget.ts';
import { createTopClient, type TopCallOptions, type TopClientConfig } from '../../lib/top/topClient.ts';
import { topDigits, topText } from '../../lib/top/topFields.ts';
import { type Answer, type GatewayServer, json, startGateway } from './gatewayServer.ts';

export const carGet = defineTopApi({
  method: 'tmall.car.get',
  gateway: 'top',
  session: 'required',
  request: z.strictObject({
    query: z.strictObject({ order_id: topDigits(), buyer_nick: z.string().optional() }),
    fields: z.array(z.string()).optional(),
    note: z.string().optional(),
    with_items: z.boolean().optional(),
    parts: z.array(z.object({ id: topDigits() })).optional(),
  }),
  response: z.looseObject({ title: topText(), order_id: topText() }),
  outcome: () => ({ ok: true }),
});
export const tradesGet = defineTopApi({
  ...carGet,
  method: 'qimen.trades.get',
  gateway: 'qimen',
  session: 'none',
});

export const QUERY = { query: { order_id: '4277659395456225432' } };
export const good = json({ tmall_car_get_response: { title: '尊享版', order_id: 1, request_id: 'good1' } });
export const failing = (error: object): Answer => json({ error_response: error });
export const banned = (seconds: number) =>
  failing({
    code: 7,
    sub_code: 'accesscontrol.limited-by-api-access-count',
    sub_msg: `This ban will last for ${seconds} more seconds`,
  });

/** What a test began; undone after it, last first. */
export const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

/** A clock of real time whose sleeps are counted and end at once, so that no test waits. */
export function hastyClock() {
  let skipped = 0;
  return {
    now: () => systemClock.now() + skipped,
    sleep: async (ms: number, signal?: AbortSignal) => {
      signal?.throwIfAborted();
      skipped += ms;
    },
  };
}

/** A client of this gateway, with what it told about its calls. */
export function clientFor(server: Pick<GatewayServer, 'url'>, config: Partial<TopClientConfig> = {}) {
  const events: TopCallEvent[] = [];
  const clock = config.clock ?? hastyClock();
  const budget = config.budget ?? createLocalRateBudget({ callsPerSecond: 1000, clock });
  const client = createTopClient({
    topUrl: server.url,
    qimenUrl: server.url,
    appKey: '12345678',
    appSecret: 'helloworld',
    targetAppKey: '87654321',
    log: silentLog,
    onCall: (event) => events.push(event),
    random: () => 0.5,
    ...config,
    budget,
    clock,
  });
  cleanups.push(() => client.close());
  const call = (options: TopCallOptions = {}) =>
    client.call(carGet, QUERY, { session: 'session1', ...options });
  const fail = async (options?: TopCallOptions): Promise<CarferryError> => {
    const thrown = await call(options).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (thrown instanceof CarferryError) return thrown;
    throw new Error('no CarferryError was thrown', { cause: thrown });
  };
  return { client, events, budget, clock, call, fail };
}

/** A gateway that gives these answers in turn; ended after the test. */
export async function serve(...answers: Answer[]): Promise<GatewayServer> {
  const server = await startGateway(...answers);
  cleanups.push(() => server.close());
  return server;
}
