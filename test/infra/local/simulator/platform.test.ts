import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { calleeSign, FORGERIES, pushedCall } from '../../../../infra/local/simulator/platform/pushedCall.ts';
import { type Simulator, startSimulator } from '../../../../infra/local/simulator/simulator.ts';
import { call, control, list, pick } from './simulatorClient.ts';

const texts = z.record(z.string(), z.string());
const vectors = z
  .array(
    z.looseObject({
      id: z.string(),
      secret: z.string(),
      query: texts,
      contentType: z.string(),
      headers: texts,
      body: z.string(),
      sign: z.string(),
    }),
  )
  .parse(JSON.parse(readFileSync(new URL('../../../fixtures/callee-vectors.json', import.meta.url), 'utf8')));

describe('the sign of a call to a callee', () => {
  it.each(vectors)('is that of the vector $id', ({ secret, query, contentType, headers, body, sign }) => {
    const isForm = contentType.includes('form');
    const form = isForm ? Object.fromEntries(new URLSearchParams(body)) : {};
    const listed = (headers['top-sign-list'] ?? '').split(',').filter((name) => name !== '');
    const signed = listed.map((name) => [name, headers[name.toLowerCase()] ?? headers[name] ?? '']);

    expect(calleeSign(secret, { ...Object.fromEntries(signed), ...form, ...query }, isForm ? '' : body)).toBe(
      sign,
    );
  });

  it('is wrong in another way for each forgery', () => {
    const base = {
      target: 'http://127.0.0.1:1/qimen',
      secret: 's',
      shop: undefined,
      seed: 'x',
      n: 3,
      now: 0,
    };
    const honest = pushedCall(base);

    for (const forgery of FORGERIES) {
      const forged = pushedCall({ ...base, forgery });
      expect([forged.url + forged.body === honest.url + honest.body, forged.isForged]).toEqual([false, true]);
    }
  });
});

describe('the platform of the simulator', () => {
  let simulator: Simulator;
  let worldNow = Date.now();
  beforeAll(async () => {
    const world = { trades: 80, shops: 2, growthPerMinute: 0, anchorAt: worldNow };
    simulator = await startSimulator({ ...world, now: () => worldNow });
  });
  afterAll(() => simulator.close());

  const consume = async (quantity = '200') =>
    list(
      pick(
        await call(simulator, 'taobao.tmc.messages.consume', { quantity }),
        'tmc_messages_consume_response',
        'messages',
      ),
    );

  it('sends messages only for permitted sellers, until they are confirmed', async () => {
    const [first] = simulator.info.shops;
    worldNow += 86_400_000;
    const none = await consume();
    await call(simulator, 'taobao.tmc.user.permit', { session: first?.session });
    worldNow += 20 * 86_400_000;

    const messages = await consume();
    const whileOut = await consume();
    await control(simulator, 'messages/redeliver', {});
    const again = await consume();
    const ids = messages.map((message) => String(pick(message, 'id')));
    const confirmed = await call(simulator, 'taobao.tmc.messages.confirm', { s_message_ids: ids.join(',') });

    expect(none).toEqual([]);
    expect(messages.length).toBeGreaterThan(5);
    expect(new Set(messages.map((message) => pick(message, 'user_nick')))).toEqual(
      new Set([first?.sellerNick]),
    );
    expect(whileOut).toEqual([]);
    expect(again.map((message) => String(pick(message, 'id')))).toEqual(ids);
    expect(pick(confirmed, 'tmc_messages_confirm_response', 'is_success')).toBe(true);
    expect(await control(simulator, 'messages')).toMatchObject({ unknownConfirmed: 0 });
  });

  it.each([
    ['taobao.tmc.messages.consume', { quantity: '9' }],
    ['taobao.tmc.messages.consume', { quantity: '201' }],
    ['taobao.tmc.messages.confirm', {}],
    ['taobao.tmc.messages.confirm', { s_message_ids: 'x' }],
    ['taobao.tmc.user.permit', {}],
  ])('refuses %s with %j', async (method, params) => {
    expect(pick(await call(simulator, method, params), 'error_response', 'code')).toBeDefined();
  });

  it.each([
    [{}, 'url'],
    [{ url: 'file:///x', secret: 's', count: 1 }, 'url'],
    [{ url: 'http://127.0.0.1:1/', count: 1 }, 'secret'],
    [{ url: 'http://127.0.0.1:1/', secret: 's', count: 1e9 }, 'count'],
    [{ url: 'http://127.0.0.1:1/', secret: 's', count: 1, forgedEvery: 0 }, 'forgedEvery'],
  ])('refuses to push %j', async (options, field) => {
    expect(await control(simulator, 'push', options)).toEqual({ error: expect.stringContaining(field) });
  });

  it('gives a push up when nobody answers, and says so', async () => {
    const options = { url: 'http://127.0.0.1:1/', secret: 's', count: 2, retries: 1 };

    expect(await control(simulator, 'push', options)).toMatchObject({ sent: 4, unanswered: 2, accepted: 0 });
  });
});
