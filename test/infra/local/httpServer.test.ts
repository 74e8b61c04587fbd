import { afterEach, describe, expect, it } from 'vitest';
import { type LocalHttpServer, startHttpServer } from '../../../infra/local/httpServer.ts';
import type { Invoke } from '../../../infra/local/invoke.ts';

const routes = [
  { method: 'GET', path: '/health', function: 'receiveWebhook' },
  { method: 'POST', path: '/qimen', function: 'receiveWebhook' },
];
let server: LocalHttpServer | undefined;
afterEach(async () => {
  await server?.close();
});

async function started(invoke: Invoke): Promise<string> {
  server = await startHttpServer(routes, { port: 0, invoke });
  return `http://127.0.0.1:${server.port}`;
}

describe('the HTTP API on this machine', () => {
  it('gives the function the exact query, headers and bytes, and sends back its answer', async () => {
    const events: unknown[] = [];
    const url = await started(async (_name, event) => {
      events.push(event);
      return { statusCode: 202, headers: { 'content-type': 'text/plain' }, body: 'taken' };
    });
    const bytes = Buffer.from([0, 255, 10, 13, 34]);

    const response = await fetch(`${url}/qimen?method=a%2Bb&shop=%E6%B5%8B`, {
      method: 'POST',
      headers: { 'X-Invented': 'Yes' },
      body: bytes,
    });

    expect([response.status, await response.text()]).toEqual([202, 'taken']);
    expect(events).toEqual([
      expect.objectContaining({
        version: '2.0',
        routeKey: 'POST /qimen',
        rawPath: '/qimen',
        rawQueryString: 'method=a%2Bb&shop=%E6%B5%8B',
        headers: expect.objectContaining({ 'x-invented': 'Yes' }),
        body: bytes.toString('base64'),
        isBase64Encoded: true,
      }),
    ]);
  });

  it.each([
    ['GET', '/qimen'],
    ['POST', '/health'],
    ['GET', '/'],
    ['GET', '/health/'],
  ])('knows no %s %s', async (method, path) => {
    const url = await started(async () => ({ statusCode: 200 }));

    expect((await fetch(`${url}${path}`, { method })).status).toBe(404);
  });

  it('refuses a body above 10 MB without calling the function', async () => {
    let calls = 0;
    const url = await started(async () => {
      calls += 1;
      return { statusCode: 200 };
    });

    const response = await fetch(`${url}/qimen`, {
      method: 'POST',
      body: Buffer.alloc(10 * 1024 * 1024 + 1),
    });

    expect([response.status, calls]).toEqual([413, 0]);
  });

  it('answers 500 and nothing else when the function throws', async () => {
    const url = await started(async () => {
      throw new Error('secret detail');
    });

    const response = await fetch(`${url}/health`);

    expect([response.status, await response.text()]).toEqual([500, '{"message":"Internal Server Error"}']);
  });

  it('says which port is in use', async () => {
    await started(async () => ({}));
    const port = server?.port ?? 0;

    await expect(startHttpServer(routes, { port, invoke: async () => ({}) })).rejects.toMatchObject({
      reason: 'configuration',
      message: `port ${port} is in use`,
    });
  });
});
