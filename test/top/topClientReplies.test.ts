import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { defineTopApi } from '../../lib/top/defineTopApi.ts';
import { type Answer, json, startGateway } from './gatewayServer.ts';
import { carGet, clientFor, good, QUERY, serve } from './topClientBench.ts';

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
