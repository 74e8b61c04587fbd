import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { json } from './gatewayServer.ts';
import { banned, cleanups, clientFor, failing, good, QUERY, serve, tradesGet } from './topClientBench.ts';

describe('repeating', () => {
  it('cures a fault that passes, each time freshly signed', async () => {
    const server = await serve(json('', 502), failing({ code: 15, sub_code: 'isp.system-busy' }), good);
    let now = Date.UTC(2025, 2, 25);
    const clock = {
      now: () => now,
      sleep: async (ms: number) => {
        now += ms + 1000;
      },
    };
    const { call, events } = clientFor(server, { clock });

    await call();

    expect(events.map(({ outcome, reason }) => [outcome, reason])).toEqual([
      ['retried', 'server-error'],
      ['retried', 'platform-unavailable'],
      ['ok', undefined],
    ]);
    expect(new Set(server.requests.map((sent) => sent.get('timestamp'))).size).toBe(3);
    expect(new Set(server.requests.map((sent) => sent.get('sign'))).size).toBe(3);
  });

  it.each([
    { code: 31, msg: 'Invalid timestamp' },
    { code: 25, msg: 'Invalid signature' },
    { code: 27, sub_code: 'session-expired' },
    { code: 15, sub_code: 'isv.invalid-parameter:query' },
    { code: 670, msg: 'legacy' },
  ])('is no use after %j', async (error) => {
    const server = await serve(failing(error));

    await clientFor(server).fail();

    expect(server.requests).toHaveLength(1);
  });

  it('stops when most calls fail', async () => {
    const server = await serve(json('', 503));
    const { fail } = clientFor(server);

    for (let call = 0; call < 8; call += 1) await fail();

    expect(server.requests).toHaveLength(8 + 2);
  });

  it('leaves out what would not fit before the deadline', async () => {
    const server = await serve(json('', 503));
    const { clock, fail } = clientFor(server, { random: () => 0.999 });

    const error = await fail({ deadline: clock.now() + 440 });

    expect(error).toMatchObject({ reason: 'server-error' });
    expect(server.requests.length).toBeLessThan(3);
  });
});

describe('a ban', () => {
  it('of seconds is waited out', async () => {
    const server = await serve(banned(3), good);
    const { call, clock, events } = clientFor(server);
    const start = clock.now();

    await call();

    expect(clock.now() - start).toBeGreaterThanOrEqual(4000);
    expect(events.map(({ outcome, reason }) => [outcome, reason])).toEqual([
      ['banned', 'throttled'],
      ['ok', undefined],
    ]);
  });

  it('of a day is deferred, and stops every other call of the method', async () => {
    const server = await serve(banned(31062), good);
    const { fail, clock, events } = clientFor(server);

    const first = await fail();
    const second = await fail();

    expect(first).toMatchObject({ disposition: 'defer', details: { code: '7', scope: 'api' } });
    expect(second).toMatchObject({ disposition: 'defer', until: first.until });
    expect((first.until ?? 0) - clock.now()).toBeGreaterThan(31_000_000);
    expect(server.requests).toHaveLength(1);
    expect(events.map(({ outcome }) => outcome)).toEqual(['banned']);
  });

  it('of the app stops its other methods too', async () => {
    const day = { code: 7, sub_code: 'accesscontrol.limited-by-app-access-count' };
    const server = await serve(failing({ ...day, sub_msg: 'This ban will last for 900 more seconds' }), good);
    const { client, fail } = clientFor(server);
    await fail();

    await expect(client.call(tradesGet, QUERY)).rejects.toMatchObject({ disposition: 'defer' });
    expect(server.requests).toHaveLength(1);
  });

  it('without end ends the call', async () => {
    const server = await serve(banned(1));

    const error = await clientFor(server).fail();

    expect(error).toMatchObject({ disposition: 'defer', reason: 'throttled' });
    expect(server.requests).toHaveLength(4);
  });

  it('longer than the deadline is deferred at once', async () => {
    const server = await serve(banned(30), good);
    const { clock, fail } = clientFor(server);

    const error = await fail({ deadline: clock.now() + 10_000 });

    expect(error).toMatchObject({ disposition: 'defer', details: { subCode: expect.any(String) } });
    expect(server.requests).toHaveLength(1);
  });

  it('by HTTP 429 is one too', async () => {
    const server = await serve(json('', 429, { 'retry-after': '2' }), good);
    const { call, events } = clientFor(server);

    await call();

    expect(events.map(({ outcome }) => outcome)).toEqual(['banned', 'ok']);
  });
});

describe('a keep-alive connection', () => {
  it('serves one call after the other', async () => {
    const server = await serve(good);
    const { call } = clientFor(server);

    for (let count = 0; count < 8; count += 1) await call();

    expect(server.connections()).toBeLessThan(4);
  });

  it('that died while the process was frozen costs nothing, once', async () => {
    const server = await serve(good, (_, { socket }) => socket.resetAndDestroy(), good);
    let acquired = 0;
    const budget = {
      acquire: async () => {
        acquired += 1;
      },
      ban: () => {},
      bannedUntil: () => 0,
    };
    const random = () => {
      throw new Error('no jitter is needed');
    };
    const { call, events } = clientFor(server, { connections: 1, budget, random });
    await call();

    await call();

    expect(acquired).toBe(2);
    expect(events.map(({ outcome }) => outcome)).toEqual(['ok', 'retried', 'ok']);
  });

  it('is not blamed when a fresh connection is reset', async () => {
    const server = await serve((_, { socket }) => socket.resetAndDestroy());

    await clientFor(server, { connections: 1 }).fail();

    expect(server.requests).toHaveLength(3);
  });

  it('to a host that never answers is given up', async () => {
    const sockets = new Set<{ destroy(): void }>();
    const mute = createServer((socket) => sockets.add(socket));
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const address = mute.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    cleanups.push(async () => {
      for (const socket of sockets) socket.destroy();
      mute.close();
    });

    const error = await clientFor({ url: `http://127.0.0.1:${port}/` }, { timeouts: { total: 300 } }).fail();

    expect(error).toMatchObject({ disposition: 'retry', reason: 'total-timeout' });
  });
});
