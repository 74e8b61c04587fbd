import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export type Answer = (
  response: ServerResponse,
  request: { params: URLSearchParams; headers: IncomingMessage['headers']; socket: Socket },
) => void;

export type GatewayServer = {
  readonly url: string;
  /** Decoded form of every request, in order. */
  readonly requests: URLSearchParams[];
  readonly headers: IncomingMessage['headers'][];
  /** Connections that were accepted. */
  connections(): number;
  close(): Promise<void>;
};

/** A gateway that gives one answer after the other; the last one again and again. */
export async function startGateway(...answers: Answer[]): Promise<GatewayServer> {
  const requests: URLSearchParams[] = [];
  const headers: IncomingMessage['headers'][] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const params = new URLSearchParams(Buffer.concat(pieces).toString('utf8'));
      requests.push(params);
      headers.push(request.headers);
      const answer = answers[Math.min(requests.length, answers.length) - 1];
      answer?.(response, { params, headers: request.headers, socket: request.socket });
    });
  });
  server.on('connection', () => {
    connections += 1;
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${portOf(address)}/router/rest`,
    requests,
    headers,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0;
}

export const json =
  (body: unknown, status = 200, headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json;charset=UTF-8', ...headers });
    response.end(typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body));
  };
