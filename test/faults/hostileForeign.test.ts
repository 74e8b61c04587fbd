import type { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createAskForItems } from '../../lib/enrich/askForItems.ts';
import type { StepInput } from '../../lib/enrich/defineStep.ts';
import { car } from '../../lib/enrich/steps/car.ts';
import { sealRecord } from '../../lib/privacy/sealRecord.ts';
import { checkLead } from '../../lib/pull/checkLead.ts';
import type { TopClient } from '../../lib/top/topClient.ts';
import { keys } from '../pull/bench.ts';
import { type ChaosServer, raw, reply, replyBytes, startChaosServer } from '../support/chaosServer.ts';
import { APIS, endingOf, hastyClock, hostileClient, ORDER_ID } from './hostileBench.ts';

let server: ChaosServer;
let client: TopClient;
beforeAll(async () => {
  server = await startChaosServer();
});
afterAll(() => server.close());
beforeEach(() => {
  client = hostileClient(server.url);
});
afterEach(() => client.close());

const shop = { sellerNick: 'shop', session: 's' };
const haltGate = { run: <T>(_shop: unknown, _method: string, call: () => Promise<T>) => call() };
const clock = hastyClock();
const limits = () => ({
  deadline: clock.now() + 60_000,
  signal: new AbortController().signal,
  requestId: 'run',
});
const bodyOf = (method: string): string => APIS.find((api) => api.method === method)?.body ?? '';
const seal = <T>(record: T, entity: Parameters<typeof sealRecord>[1]) => sealRecord(record, entity, keys);

describe('the reply that belongs to another order', () => {
  const another = '4277659395456999999';

  it('is no lead', async () => {
    const body = bodyOf('tmall.aliauto.lead.info.get').replace('4277659395456225300', another);
    server.act(reply(body));
    const deps = { top: client, haltGate, seal, hmac: keys.hmac, clock, notFoundCodes: new Set<string>() };

    const ending = await endingOf(checkLead(shop, ORDER_ID, limits(), deps));

    expect(ending).toMatchObject({ error: { disposition: 'retry', reason: 'foreign-reply' } });
  });

  it('is no car', async () => {
    server.act(reply(bodyOf('tmall.aliauto.trade.car.order.get')));
    const order = { orderId: ORDER_ID, shop: 'shop', firstSeenAt: '', rev: 1, owes: [], gaps: {} };
    const input: StepInput = { order, shop, limits: limits() };

    const ending = await endingOf(
      car.run(input, { top: client, haltGate, seal, notFoundCodesCar: new Set(['ORDER_NOT_EXIST']) }),
    );

    expect(ending).toMatchObject({ error: { disposition: 'retry', reason: 'foreign-reply' } });
  });

  it('is no item, and none of the asked ones is missing because of it', async () => {
    server.act(reply(bodyOf('taobao.tbk.item.info.upgrade.get')));
    const ask = createAskForItems({ top: client, seal, clock });

    const answers = await ask(['846195099548', '846195099549'], limits());

    for (const answer of answers.values()) expect(answer).toMatchObject({ reason: 'foreign-reply' });
    expect(answers.size).toBe(2);
  });
});

describe('a second reply that nobody asked for', () => {
  const [api] = APIS.filter(({ method }) => method === 'tmall.aliauto.lead.info.get');
  if (api === undefined) throw new Error('no such API');
  const smuggled = api.body.replace('1851125030483093545', '6666666666666666666');

  it.each([
    ['in the same breath', (own: Buffer, other: Buffer) => raw(Buffer.concat([own, other]))],
    [
      'a moment later',
      (own: Buffer, other: Buffer) => (socket: Socket) => {
        socket.write(own);
        setTimeout(() => socket.write(other), 20);
      },
    ],
  ])('%s is never taken for that of the next call', async (_name, both) => {
    for (let turn = 0; turn < 5; turn += 1) {
      const own = both(replyBytes(api.body), replyBytes(smuggled));
      const closed = new Promise<void>((resolve) => {
        server.act((socket, request) => {
          if (request.nth === 0) socket.once('close', () => resolve());
          (request.nth === 0 ? own : reply(api.body))(socket, request);
        });
      });

      await endingOf(api.call(client, { session: 's' }));
      // What nobody asked for costs the connection.
      await closed;
      const next = await endingOf(api.call(client, { session: 's' }));

      expect(JSON.stringify(next)).toContain('1851125030483093545');
      expect(JSON.stringify(next)).not.toContain('6666666666666666666');
    }
  });
});
