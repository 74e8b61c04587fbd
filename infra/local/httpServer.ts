import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import * as z from 'zod';
import { configurationError } from '../../lib/core/errors.ts';
import type { Invoke } from './invoke.ts';
import type { StatusPage } from './page/statusPage.ts';
import type { RouteWiring } from './template.ts';

/** What the HTTP API itself refuses (413); the function has its own, lower limit. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;

export type LocalHttpServer = { readonly port: number; close(): Promise<void> };

const responseSchema = z.object({
  statusCode: z.number().default(200),
  headers: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  body: z.string().default(''),
  isBase64Encoded: z.boolean().default(false),
});

/**
 * The HTTP API on this machine: the declared routes, events in payload format 2.0; beside them the status page, when
 * there is one, on loopback only.
 * @throws CarferryError `configuration` when the port is taken
 */
export async function startHttpServer(
  routes: readonly RouteWiring[],
  {
    port,
    invoke,
    page,
    host = '127.0.0.1',
  }: { port: number; invoke: Invoke; page?: StatusPage | undefined; host?: string },
): Promise<LocalHttpServer> {
  const server = createServer((request, response) => {
    answer(request, response, { routes, invoke, page }).catch(() => {
      if (!response.headersSent) send(response, 500, '{"message":"Internal Server Error"}');
      else response.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const code = 'code' in error ? String(error.code) : error.message;
      const reason = code === 'EADDRINUSE' ? 'is in use' : `cannot be opened (${code})`;
      reject(configurationError('--port', `port ${port} ${reason}`, 'choose another with --port'));
    });
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { routes, invoke, page }: { routes: readonly RouteWiring[]; invoke: Invoke; page: StatusPage | undefined },
): Promise<void> {
  const [rawPath = '/', rawQueryString = ''] = splitOnce(request.url ?? '/', '?');
  const route = routes.find(({ method, path }) => method === request.method && path === rawPath);
  if (route === undefined) {
    if (page !== undefined && (await page(request, response))) return;
    send(response, 404, '{"message":"Not Found"}');
    return;
  }
  const body = await readBody(request);
  if (body === undefined) {
    send(response, 413, '{"message":"Request Entity Too Large"}');
    return;
  }
  const event = toHttpEvent(request, { route, rawPath, rawQueryString, body });
  const result = responseSchema.parse(await invoke(route.function, event));
  const bytes = Buffer.from(result.body, result.isBase64Encoded ? 'base64' : 'utf8');
  response.writeHead(
    result.statusCode,
    Object.fromEntries(Object.entries(result.headers).map(([name, value]) => [name, String(value)])),
  );
  response.end(bytes);
}

function toHttpEvent(
  request: IncomingMessage,
  parts: { route: RouteWiring; rawPath: string; rawQueryString: string; body: Buffer },
): APIGatewayProxyEventV2 {
  const { method, path } = parts.route;
  const headers = Object.entries(request.headers).map(([name, value]) => [name, [value].flat().join(',')]);
  const now = new Date();
  const query = Object.fromEntries(new URLSearchParams(parts.rawQueryString));
  return {
    version: '2.0',
    routeKey: `${method} ${path}`,
    rawPath: parts.rawPath,
    rawQueryString: parts.rawQueryString,
    headers: Object.fromEntries(headers),
    ...(parts.rawQueryString === '' ? {} : { queryStringParameters: query }),
    requestContext: {
      accountId: '000000000000',
      apiId: 'local',
      domainName: 'localhost',
      domainPrefix: 'localhost',
      http: {
        method,
        path: parts.rawPath,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.socket.remoteAddress ?? '',
        userAgent: request.headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey: `${method} ${path}`,
      stage: '$default',
      time: now.toISOString(),
      timeEpoch: now.getTime(),
    },
    // Binary-safe for every content type: the signature is over the exact bytes.
    ...(parts.body.length === 0 ? {} : { body: parts.body.toString('base64') }),
    isBase64Encoded: parts.body.length > 0,
  };
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  response.end(body);
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
