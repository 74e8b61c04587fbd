import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { type HttpRequest, httpHandler } from '../../lib/lambda/httpHandler.ts';
import { captureLines } from './captureLines.ts';
import { lambdaContext } from './lambdaContext.ts';

function httpEvent(parts: Partial<APIGatewayProxyEventV2> = {}): APIGatewayProxyEventV2 {
  return {
    version: '2.0',
    routeKey: 'POST /qimen',
    rawPath: '/qimen',
    rawQueryString: 'method=x&sign=%41',
    headers: { 'Content-Type': 'application/json' },
    requestContext: {
      accountId: '0',
      apiId: 'local',
      domainName: '127.0.0.1',
      domainPrefix: '127',
      http: {
        method: 'POST',
        path: '/qimen',
        protocol: 'HTTP/1.1',
        sourceIp: '127.0.0.1',
        userAgent: 'test',
      },
      requestId: 'r',
      routeKey: 'POST /qimen',
      stage: '$default',
      time: '',
      timeEpoch: 0,
    },
    isBase64Encoded: false,
    ...parts,
  };
}

/** A handler that shows what it was given. */
function showing(maxBodyBytes?: number) {
  const seen: HttpRequest[] = [];
  const handler = httpHandler({
    start: async () => seen,
    run: async (requests, request) => {
      requests.push(request);
      return { status: 200, headers: { 'content-type': 'text/plain' }, body: 'ok' };
    },
    ...(maxBodyBytes !== undefined && { maxBodyBytes }),
  });
  return { handler, seen };
}

describe('httpHandler', () => {
  const lines = captureLines();

  it('hands over the exact query and bytes, header names in lower case', async () => {
    const { handler, seen } = showing();

    const answer = await handler(httpEvent({ body: '{"name":"测试甲"}' }), lambdaContext());

    expect(seen).toEqual([
      {
        method: 'POST',
        path: '/qimen',
        rawQuery: 'method=x&sign=%41',
        headers: { 'content-type': 'application/json' },
        body: Buffer.from('{"name":"测试甲"}'),
        tooLarge: false,
      },
    ]);
    expect(answer).toEqual({ statusCode: 200, headers: { 'content-type': 'text/plain' }, body: 'ok' });
  });

  it('decodes a base64 body to the bytes that were sent, invalid UTF-8 included', async () => {
    const { handler, seen } = showing();
    const bytes = Buffer.from([0xff, 0x00, 0x7b]);

    await handler(httpEvent({ body: bytes.toString('base64'), isBase64Encoded: true }), lambdaContext());

    expect(seen[0]?.body).toEqual(bytes);
  });

  it.each([
    ['text at the limit', 'a'.repeat(10), false, false],
    ['text above', 'a'.repeat(11), false, true],
    ['text above in bytes only', '测'.repeat(4), false, true],
    ['base64 at the limit', Buffer.alloc(10).toString('base64'), true, false],
    ['base64 above', Buffer.alloc(11).toString('base64'), true, true],
    ['base64 far above', Buffer.alloc(100).toString('base64'), true, true],
  ])('marks %s', async (_name, body, isBase64Encoded, tooLarge) => {
    const { handler, seen } = showing(10);

    await handler(httpEvent({ body, isBase64Encoded }), lambdaContext());

    expect(seen[0]?.tooLarge).toBe(tooLarge);
    expect(seen[0]?.body.length === 0).toBe(tooLarge);
  });

  it('answers anything unforeseen with one constant body, and logs no payload', async () => {
    const handler = httpHandler({
      start: async () => ({}),
      run: async () => {
        throw new Error('table carferry-orders for 13900000001 is gone');
      },
    });

    const answer = await handler(httpEvent({ body: 'mobile=13900000001' }), lambdaContext());

    expect(answer).toMatchObject({ statusCode: 500, body: '{"error":"internal"}' });
    expect(lines.stdout).toMatchObject([{ event: 'invocation-failed', reason: 'unexpected' }]);
    expect(JSON.stringify(lines.stdout)).not.toContain('13900000001');
  });
});
