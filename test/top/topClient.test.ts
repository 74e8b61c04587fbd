import { describe, expect, it } from 'vitest';
import { systemClock } from '../../lib/core/clock.ts';
import { silentLog } from '../../lib/core/log.ts';
import type { TopCallEvent } from '../../lib/core/telemetry.ts';
import { signRequest } from '../../lib/top/signRequest.ts';
import { json } from './gatewayServer.ts';
import { carGet, cleanups, clientFor, failing, good, QUERY, serve, tradesGet } from './topClientBench.ts';

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
