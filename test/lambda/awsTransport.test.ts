import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, describe, expect, it } from 'vitest';
import { createAwsTransport } from '../../lib/lambda/awsTransport.ts';

type Serve = (request: IncomingMessage, response: ServerResponse, call: number) => void;

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A server that plays DynamoDB, and how often it was called. */
async function listen(serve: Serve): Promise<{ endpoint: string; calls: () => number; server: Server }> {
  let calls = 0;
  const server = createServer((request, response) => {
    calls += 1;
    const call = calls;
    request.resume();
    request.on('end', () => serve(request, response, call));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { endpoint: `http://127.0.0.1:${port}`, calls: () => calls, server };
}

function clientOf(endpoint: string, maxAttempts = 4): DynamoDBClient {
  const client = new DynamoDBClient({
    endpoint,
    maxAttempts,
    region: 'cn-north-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    requestHandler: createAwsTransport({ connect: 500, request: 400 }),
    cacheMiddleware: true,
  });
  closing.push(() => client.destroy());
  return client;
}

const read = new GetItemCommand({ TableName: 'orders', Key: { orderId: { S: '1' } } });

function answer(response: ServerResponse, body: object, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
  response.end(JSON.stringify(body));
}

describe('the way to AWS', () => {
  it('carries a signed command and brings the reply', async () => {
    const seen: IncomingMessage['headers'][] = [];
    const { endpoint } = await listen((request, response) => {
      seen.push(request.headers);
      answer(response, { Item: { orderId: { S: '1' }, name: { S: '测试甲' } } });
    });

    const reply = await clientOf(endpoint).send(read);

    expect(reply.Item).toEqual({ orderId: { S: '1' }, name: { S: '测试甲' } });
    expect(seen[0]?.authorization).toMatch(/^AWS4-HMAC-SHA256 /);
    expect(seen[0]?.['x-amz-target']).toBe('DynamoDB_20120810.GetItem');
  });

  it('brings errors of the service under their names', async () => {
    const { endpoint } = await listen((_, response) =>
      answer(response, { __type: 'com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException' }, 400),
    );

    const write = clientOf(endpoint).send(new PutItemCommand({ TableName: 'orders', Item: {} }));

    await expect(write).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
  });

  const faults: [string, (response: ServerResponse) => void][] = [
    ['a connection that ends before the reply', (response) => response.destroy()],
    [
      'a reply that is cut off',
      (response) => {
        response.writeHead(200, { 'content-length': 100 });
        response.write('{"Item":');
        setTimeout(() => response.destroy(), 20);
      },
    ],
    ['no reply in time', () => {}],
    [
      'a reply that stops half way',
      (response) => void response.writeHead(200, { 'content-length': 9 }).write('{'),
    ],
    ['a failure of the service', (response) => answer(response, {}, 503)],
  ];

  it.each(faults)('is tried again after %s', async (_, fail) => {
    const { endpoint, calls } = await listen((_request, response, call) =>
      call === 1 ? fail(response) : answer(response, { Item: { orderId: { S: '1' } } }),
    );

    const reply = await clientOf(endpoint).send(read);

    expect(reply.Item).toEqual({ orderId: { S: '1' } });
    expect(calls()).toBe(2);
  });

  it('is tried again when the kept connection was closed meanwhile', async () => {
    const sockets = new Set<Socket>();
    const { endpoint, server } = await listen((_, response) => answer(response, { Item: {} }));
    server.on('connection', (socket) => sockets.add(socket));
    const client = clientOf(endpoint);
    await client.send(read);

    for (const socket of sockets) socket.destroy();
    const reply = await client.send(read);

    expect(reply.Item).toEqual({});
  });

  it('says that nobody listens', async () => {
    const { endpoint, server } = await listen(() => {});
    await new Promise((resolve) => server.close(resolve));

    await expect(clientOf(endpoint, 1).send(read)).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  it('ends a call that is given up', async () => {
    const { endpoint, calls } = await listen(() => {});
    const gone = new AbortController();

    const reply = clientOf(endpoint).send(read, { abortSignal: gone.signal });
    setTimeout(() => gone.abort(), 50);

    await expect(reply).rejects.toMatchObject({ name: 'AbortError' });
    expect(calls()).toBe(1);
  });

  it('writes queries as they were signed', async () => {
    const paths: (string | undefined)[] = [];
    const { endpoint } = await listen((request, response) => {
      paths.push(request.url);
      answer(response, {});
    });
    const { hostname, port } = new URL(endpoint);

    await createAwsTransport({ connect: 500, request: 400 }).handle({
      protocol: 'http:',
      hostname,
      port: Number(port),
      method: 'GET',
      path: '/federation',
      query: { account_id: '1', role: ["a b'", 'c*'], flag: null },
      headers: {},
    });

    expect(paths).toEqual(['/federation?account_id=1&role=a%20b%27&role=c%2A&flag']);
  });
});
