import { createServer } from 'node:net';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { systemClock } from '../../lib/core/clock.ts';
import { CarferryError } from '../../lib/core/errors.ts';
import { silentLog } from '../../lib/core/log.ts';
import type { TopCallEvent } from '../../lib/core/telemetry.ts';
import { defineTopApi } from '../../lib/top/defineTopApi.ts';
import { createLocalRateBudget } from '../../lib/top/rateBudget.ts';
import { signRequest } from '../../lib/top/signRequest.ts';
import { createTopClient, type TopCallOptions, type TopClientConfig } from '../../lib/top/topClient.ts';
import { topDigits, topText } from '../../lib/top/topFields.ts';
import { type Answer, type GatewayServer, json, startGateway } from './gatewayServer.ts';

const carGet = defineTopApi({
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
const tradesGet = defineTopApi({ ...carGet, method: 'qimen.trades.get', gateway: 'qimen', session: 'none' });

const QUERY = { query: { order_id: '4277659395456225432' } };
const good = json({ tmall_car_get_response: { title: '尊享版', order_id: 1, request_id: 'good1' } });
const failing = (error: object): Answer => json({ error_response: error });
const banned = (seconds: number) =>
  failing({
    code: 7,
    sub_code: 'accesscontrol.limited-by-api-access-count',
    sub_msg: `This ban will last for ${seconds} more seconds`,
  });

const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

/** A clock of real time whose sleeps are counted and end at once, so that no test waits. */
function hastyClock() {
  let skipped = 0;
  return {
    now: () => systemClock.now() + skipped,
    sleep: async (ms: number, signal?: AbortSignal) => {
      signal?.throwIfAborted();
      skipped += ms;
    },
  };
}

function clientFor(server: Pick<GatewayServer, 'url'>, config: Partial<TopClientConfig> = {}) {
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

async function serve(...answers: Answer[]): Promise<GatewayServer> {
  const server = await startGateway(...answers);
  cleanups.push(() => server.close());
  return server;
}

describe('a call', () => {
  it('sends public and business parameters as one signed form', async () => {
    const server = await serve(good);
    const { client } = clientFor(server);

    const reply = await client.call(
      carGet,
      {
        query: { order_id: '4277659395456225432', buyer_nick: '测试甲' },
        fields: ['tid', 'created'],
        note: '  ',
        with_items: false,
        parts: [{ id: '9007199254740993' }],
      },
      { session: 'session1' },
    );

    expect(reply).toMatchObject({ title: '尊享版', order_id: '1' });
    const { sign, timestamp, ...sent } = Object.fromEntries(server.requests[0] ?? []);
    expect(sent).toEqual({
      method: 'tmall.car.get',
      app_key: '12345678',
      session: 'session1',
      format: 'json',
      v: '2.0',
      sign_method: 'hmac-sha256',
      query: '{"order_id":4277659395456225432,"buyer_nick":"测试甲"}',
      fields: 'tid,created',
      with_items: 'false',
      parts: '[{"id":9007199254740993}]',
    });
    expect(sign).toBe(signRequest({ ...sent, timestamp: timestamp ?? '' }, 'helloworld', 'hmac-sha256'));
    expect(server.headers[0]).toMatchObject({
      'content-type': 'application/x-www-form-urlencoded;charset=utf-8',
      'accept-encoding': 'gzip',
    });
  });

  it.each(['UTC', 'Asia/Shanghai', 'America/Los_Angeles'])(
    'writes its timestamp in GMT+8 on a host in %s',
    async (zone) => {
      const server = await serve(good);
      const before = process.env['TZ'];
      process.env['TZ'] = zone;
      cleanups.push(async () => {
        if (before === undefined) delete process.env['TZ'];
        else process.env['TZ'] = before;
      });
      const clock = { now: () => Date.UTC(2025, 2, 24, 16, 30, 0), sleep: systemClock.sleep };

      await clientFor(server, { clock }).call();

      expect(server.requests[0]?.get('timestamp')).toBe('2025-03-25 00:30:00');
    },
  );

  it('adds the target app key for Qimen and no session where none is given', async () => {
    const server = await serve(json({ title: 'x' }));
    const { client } = clientFor(server, { signMethod: 'md5', simplify: true });

    await client.call(tradesGet, QUERY);

    const { sign, ...sent } = Object.fromEntries(server.requests[0] ?? []);
    expect(sent).toMatchObject({ target_app_key: '87654321', sign_method: 'md5' });
    expect(Object.keys(sent)).not.toContain('session');
    expect(Object.keys(sent)).not.toContain('simplify');
    expect(sign).toBe(signRequest(sent, 'helloworld', 'md5'));
  });

  it('sends simplify only where it is asked for', async () => {
    const server = await serve(good);

    await clientFor(server, { simplify: true }).call();

    expect(server.requests[0]?.get('simplify')).toBe('true');
  });

  it('tells of itself', async () => {
    const { call, events } = clientFor(await serve(good));

    await call();

    expect(events).toEqual([
      { method: 'tmall.car.get', outcome: 'ok', durationMs: expect.any(Number), requestId: 'good1' },
    ]);
  });
});

describe('a stated “no”', () => {
  it.each<[string[], TopCallEvent['outcome']]>([
    [['ORDER_NOT_EXIST'], 'ok'],
    [[], 'failed'],
  ])('counts with the known answers %j as %s', async (answers, outcome) => {
    const server = await serve(failing({ code: 15, sub_code: 'ORDER_NOT_EXIST' }));
    const { fail, events } = clientFor(server);

    const error = await fail({ answers: new Set(answers) });

    expect(error.details['businessCode']).toBe('ORDER_NOT_EXIST');
    expect(events.map((event) => event.outcome)).toEqual([outcome]);
  });
});

describe('before any call', () => {
  it.each([
    ['http://gw.example.test/router/rest', 2],
    ['https://gw.example.test/router/rest', 0],
    ['http://127.0.0.1:1/router/rest', 0],
    ['http://localhost:1/router/rest', 0],
  ])('warns of sessions in clear: %s', (url, warnings) => {
    const warned: string[] = [];

    clientFor({ url }, { log: { ...silentLog, warn: (event) => warned.push(event) } });

    expect(warned).toEqual(Array.from({ length: warnings }, () => 'insecure-gateway'));
  });

  it('refuses a request that is not what the API takes', async () => {
    const server = await serve(good);
    const { client } = clientFor(server);

    const thrown = client.call(carGet, { query: { order_id: '测试甲' } }, { session: 's' });

    await expect(thrown).rejects.toMatchObject({
      disposition: 'park',
      reason: 'invalid-request',
      field: 'query.order_id',
    });
    await expect(thrown).rejects.not.toThrow(/测试甲/);
    expect(server.requests).toEqual([]);
  });

  it.each([undefined, '', '  '])('halts the seller whose session is %j', async (session) => {
    const server = await serve(good);

    const error = await clientFor(server).fail({ session });

    expect(error).toMatchObject({ disposition: 'halt', scope: 'session', reason: 'missing-session' });
    expect(server.requests).toEqual([]);
  });

  it('starts nothing that could not end in time', async () => {
    const server = await serve(good);
    const { clock, fail } = clientFor(server);

    const error = await fail({ deadline: clock.now() + 249 });

    expect(error).toMatchObject({ disposition: 'retry', reason: 'deadline' });
    expect(server.requests).toEqual([]);
  });

  it('takes a deadline between two milliseconds', async () => {
    const server = await serve(good);
    const { clock, call } = clientFor(server);

    const reply = await call({ deadline: clock.now() + 5000.5 });

    expect(reply).toBeDefined();
    expect(server.requests).toHaveLength(1);
  });

  it('heeds a signal', async () => {
    const server = await serve(good);

    const error = await clientFor(server).fail({ signal: AbortSignal.abort() });

    expect(error).toMatchObject({ disposition: 'retry', reason: 'aborted' });
    expect(server.requests).toEqual([]);
  });

  it.each(['ftp://x', 'nonsense', ''])('takes %j for no gateway', (url) => {
    expect(() => clientFor({ url })).toThrow(/TOP_GATEWAY_URL/);
  });
});

const bomb = gzipSync(Buffer.alloc(3_000_000, 32));
const page = '<!DOCTYPE html><html><body>测试甲 维护中</body></html>';
const header = { 'content-type': 'application/json' };

const faults: [name: string, answer: Answer, reason: string, requests: number][] = [
  ['an HTML page', json(page, 200, { 'content-type': 'text/html' }), 'html-reply', 3],
  ['an HTML page said to be JSON', json(`\n${page}`), 'html-reply', 3],
  ['XML', json('<error_response/>', 200, { 'content-type': 'text/xml' }), 'wrong-content-type', 1],
  ['XML said to be JSON', json('<error_response/>'), 'wrong-content-type', 1],
  ['a picture', json('{"title":"x"}', 200, { 'content-type': 'image/png' }), 'wrong-content-type', 1],
  [
    'an unknown charset',
    json('{}', 200, { 'content-type': 'text/plain;charset=x' }),
    'wrong-content-type',
    1,
  ],
  ['an empty body', json(''), 'empty-reply', 3],
  ['a blank body', json(' \n'), 'empty-reply', 3],
  ['an empty object', json('{}'), 'unreadable-reply', 3],
  ['bytes that are no UTF-8', json(Buffer.from([0x7b, 0xff, 0x7d])), 'unreadable-reply', 3],
  ['half a document', json('{"tmall_car_get_response":{"ti'), 'truncated-reply', 3],
  [
    'less than the length said',
    (response, { socket }) => {
      response.writeHead(200, { ...header, 'content-length': '100' });
      response.write('{"tmall_car_get_response":{}}', () => socket.end());
    },
    'truncated-reply',
    3,
  ],
  ['too many bytes', json(`{"title":"${'x'.repeat(1_000_000)}"}`), 'reply-too-large', 1],
  ['a gzip bomb', json(bomb, 200, { 'content-encoding': 'gzip' }), 'reply-too-large', 1],
  [
    'half a gzip',
    json(gzipSync('{"title":"x"}').subarray(0, 15), 200, { 'content-encoding': 'gzip' }),
    'truncated-reply',
    3,
  ],
  ['no gzip at all', json('{"title":"x"}', 200, { 'content-encoding': 'gzip' }), 'unreadable-reply', 3],
  [
    'gzip in gzip',
    json(gzipSync(gzipSync('{}')), 200, { 'content-encoding': 'gzip, gzip' }),
    'unknown-coding',
    1,
  ],
  ['brotli', json(brotliCompressSync('{}'), 200, { 'content-encoding': 'br' }), 'unknown-coding', 1],
  ['a redirect', json('', 302, { location: 'http://169.254.169.254/' }), 'redirect', 1],
  ['status 500', json({ tmall_car_get_response: { title: 'x' } }, 500), 'server-error', 3],
  ['status 503 as a page', json(page, 503, { 'content-type': 'text/html' }), 'server-error', 3],
  ['status 403', json(page, 403), 'unexpected-status', 1],
  [
    'status 400 without an error',
    json({ tmall_car_get_response: { title: 'x' } }, 400),
    'unexpected-status',
    1,
  ],
  ['status 204', (response) => response.writeHead(204).end(), 'unexpected-status', 1],
  ['a reset', (_, { socket }) => socket.resetAndDestroy(), 'connection-reset', 3],
  ['a closed connection', (_, { socket }) => socket.end(), 'connection-reset', 3],
  [
    'a reset in the middle',
    (response, { socket }) => {
      response.writeHead(200, header);
      response.write('{"tmall_car_get_response":', () => socket.resetAndDestroy());
    },
    'truncated-reply',
    3,
  ],
  ['no HTTP', (_, { socket }) => socket.end('SSH-2.0-x\r\n\r\n'), 'malformed-http', 3],
];

describe('what comes back instead of a reply', () => {
  it.each(faults)('%s', async (_, answer, reason, requests) => {
    const server = await serve(answer);
    const { fail, events } = clientFor(server, { maxResponseBytes: 500_000, connections: 1 });

    const error = await fail();

    expect(error).toMatchObject({ disposition: 'retry', reason });
    expect(error.message).toContain('tmall.car.get');
    expect(error.message).not.toContain('测试甲');
    expect(events.map(({ outcome }) => outcome)).toEqual([
      ...Array.from({ length: events.length - 1 }, () => 'retried'),
      'failed',
    ]);
    // A connection that had served before may be tried once more at no cost.
    expect(server.requests.length - requests).toBeOneOf([0, 1]);
  });

  it('no answer in time', async () => {
    const server = await serve(() => {});

    const error = await clientFor(server, { timeouts: { total: 300 } }).fail();

    expect(error).toMatchObject({ reason: 'total-timeout' });
    expect(server.requests).toHaveLength(3);
  });

  it('a body that drips', async () => {
    const drip: Answer = (response) => {
      response.writeHead(200, header);
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
    };
    const server = await serve(drip, good);

    const error = await clientFor(server, { timeouts: { total: 300, body: 5000 } }).call();

    expect(error).toMatchObject({ title: '尊享版' });
    expect(server.requests).toHaveLength(2);
  });

  it('nobody listening', async () => {
    const server = await startGateway(good);
    await server.close();

    const error = await clientFor(server).fail();

    expect(error).toMatchObject({ disposition: 'retry', reason: 'connection-refused' });
  });

  it('a caller who went away meanwhile', async () => {
    const gone = new AbortController();
    const server = await serve(() => gone.abort());

    const error = await clientFor(server).fail({ signal: gone.signal });

    expect(error).toMatchObject({ reason: 'aborted' });
    expect(server.requests).toHaveLength(1);
  });

  it('a deadline that comes first', async () => {
    const server = await serve(() => {});
    const { clock, fail } = clientFor(server);

    const error = await fail({ deadline: clock.now() + 300 });

    expect(error).toMatchObject({ disposition: 'retry', reason: 'total-timeout' });
    expect(server.requests).toHaveLength(1);
  });
});

describe('a reply in an odd dress', () => {
  const body = JSON.stringify({ tmall_car_get_response: { title: '尊享版' } });

  it.each<[string, Answer]>([
    ['gzip', json(gzipSync(body), 200, { 'content-encoding': 'GZIP' })],
    ['text/javascript', json(body, 200, { 'content-type': 'text/javascript;charset=UTF-8' })],
    ['JSON labelled as HTML', json(body, 200, { 'content-type': 'text/html' })],
    ['without a type', (response) => response.end(body)],
    ['with a byte order mark', json(`\ufeff${body}`)],
    [
      'GBK',
      json(
        Buffer.concat([
          Buffer.from('{"title":"'),
          Buffer.from([0xd7, 0xf0, 0xcf, 0xed, 0xb0, 0xe6]),
          Buffer.from('"}'),
        ]),
        200,
        { 'content-type': 'application/json; charset="GBK"' },
      ),
    ],
  ])('is read: %s', async (_, answer) => {
    const { call } = clientFor(await serve(answer));

    expect(await call()).toMatchObject({ title: '尊享版' });
  });

  it('is an error when HTTP 400 carries one', async () => {
    const server = await serve(json({ error_response: { code: 26, msg: 'Missing session' } }, 400));

    expect(await clientFor(server).fail()).toMatchObject({ disposition: 'halt', reason: 'missing-session' });
  });

  it('is parked with the path of the field that broke its schema', async () => {
    const broken = defineTopApi({
      ...carGet,
      response: z.looseObject({ rows: z.array(z.object({ id: z.string() })) }),
    });
    const server = await serve(json({ rows: [{ id: '1' }, { id: ['测试甲'] }] }));

    const thrown = clientFor(server).client.call(broken, QUERY, { session: 's' });

    await expect(thrown).rejects.toMatchObject({
      disposition: 'park',
      reason: 'unexpected-shape',
      field: 'rows[1].id',
      hint: expect.stringContaining('expected string'),
    });
    expect(server.requests).toHaveLength(1);
  });
});

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
