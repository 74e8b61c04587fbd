import { channel } from 'node:diagnostics_channel';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TopClient } from '../../lib/top/topClient.ts';
import { type ChaosServer, chunk, flood, reply, startChaosServer } from '../support/chaosServer.ts';
import { APIS, endingOf, hostileClient, LIMIT_BYTES } from './hostileBench.ts';
import { CHUNKED, ENDLESS_REPLIES, WRONG_REPLIES } from './hostileReplies.ts';

describe('a gateway that', () => {
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

  it.each(WRONG_REPLIES)('%s gets one classified error out of every API', async (_name, act, reasons) => {
    for (const api of APIS) {
      server.act(act(api));

      const ending = await endingOf(api.call(client, { session: 's' }));

      expect(ending, api.method).toMatchObject({ kind: 'error', error: { disposition: 'retry' } });
      if (ending.kind !== 'error') continue;
      expect(reasons).toContain(ending.error.reason);
      expect(String(ending.error.stack)).not.toMatch(/测试甲|13900000001/);
      // One call, two repeats, and one more where a kept connection had died.
      expect(server.requests.length).toBeLessThanOrEqual(4);
    }
  });

  it.each(WRONG_REPLIES)('%s does no harm to the next call', async (_name, act) => {
    for (const api of APIS) {
      const bad = act(api);
      const good = reply(api.body);
      server.act((socket, request) => (request.nth === 0 ? bad : good)(socket, request));

      const endings = [
        await endingOf(api.call(client, { session: 's' })),
        await endingOf(api.call(client, { session: 's' })),
      ];

      expect(endings.at(-1), api.method).toMatchObject({ kind: 'reply' });
    }
  });

  it('floods is listened to up to the limit only', async () => {
    const [api] = APIS;
    const before = server.bytesTaken();
    server.act(flood(CHUNKED, chunk(Buffer.alloc(65_536, 0x20))));

    await endingOf(api?.call(client) ?? Promise.resolve());

    // What lies in the buffers of two sockets comes on top.
    expect(server.bytesTaken() - before).toBeLessThan(LIMIT_BYTES + 16 * 1024 * 1024);
  });

  it('redirects is not followed, wherever it points', async () => {
    const asked: string[] = [];
    const noteConnect = (message: unknown): void => {
      const { hostname }: { hostname?: string } = Object(Object(message).connectParams);
      asked.push(String(hostname));
    };
    channel('undici:client:beforeConnect').subscribe(noteConnect);
    const second = await startChaosServer(reply('{}'));
    try {
      for (const status of [301, 302, 303, 307, 308]) {
        for (const location of [
          'http://169.254.169.254/latest/meta-data/',
          second.url,
          '//169.254.169.254/',
        ]) {
          for (const api of APIS) {
            server.act(reply('', { location, refresh: `0;url=${location}` }, status));

            const ending = await endingOf(api.call(client, { session: 's' }));

            expect(ending).toMatchObject({ error: { disposition: 'retry', reason: 'redirect' } });
            expect(server.requests).toHaveLength(1);
          }
        }
      }
    } finally {
      channel('undici:client:beforeConnect').unsubscribe(noteConnect);
      await second.close();
    }

    expect(second.requests).toEqual([]);
    expect(new Set(asked)).toEqual(new Set(['127.0.0.1']));
  });
});

describe('a gateway that never ends:', () => {
  it.each(ENDLESS_REPLIES)(
    '%s; every call ends at its deadline, and no try starts after it',
    async (_name, act, reasons) => {
      await Promise.all(
        APIS.map(async (api) => {
          const server = await startChaosServer(act(api));
          // Real time: the deadline is what ends the calls, not a clock that a test moves.
          const client = hostileClient(server.url, 10_000, { ...realClock });
          const deadline = Date.now() + 600;

          const ending = await endingOf(api.call(client, { session: 's', deadline }));

          expect(ending, api.method).toMatchObject({ kind: 'error', error: { disposition: 'retry' } });
          if (ending.kind === 'error') expect([...reasons, 'deadline']).toContain(ending.error.reason);
          // One exchange takes up to the deadline; what is begun once more ends there too, and nothing follows it.
          const begun = server.requests.length;
          await new Promise((resolve) => setTimeout(resolve, 100));
          expect(server.requests.length).toBe(begun);
          expect(begun).toBeLessThanOrEqual(4);
          await Promise.all([client.close(), server.close()]);
        }),
      );
    },
  );

  it('a caller who goes away is let go at once', async () => {
    const gone = new AbortController();
    const server = await startChaosServer(() => gone.abort());
    const client = hostileClient(server.url);

    for (const api of APIS) {
      const ending = await endingOf(api.call(client, { session: 's', signal: gone.signal }));

      expect(ending).toMatchObject({ error: { reason: 'aborted' } });
    }
    await Promise.all([client.close(), server.close()]);
  });
});

const realClock = {
  now: () => Date.now(),
  sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
  skipped: () => 0,
};
