import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Pool } from 'undici';
import { type Effect, effectOf, type Service } from './effects.ts';

export type Reply = {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
};

/** A request of one worker on its way to one server. */
export type Exchange = Effect & { readonly service: Service; readonly text: string };

/** Decides what becomes of a request; `lost` closes the connection without an answer. */
export type Intercept = (
  exchange: Exchange,
  forward: (changed?: string) => Promise<Reply>,
) => Promise<Reply | 'lost'>;

export type FaultProxy = {
  readonly url: string;
  /** Sends requests elsewhere from now on. */
  aim(target: string): void;
  close(): Promise<void>;
};

const HOP_HEADERS = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'keep-alive']);

/** Stands between one worker and one server; knows every request by its effect. */
export async function startFaultProxy(service: Service, intercept: Intercept): Promise<FaultProxy> {
  let upstream: Pool | undefined;

  async function relay(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'POST', url: path = '/', headers } = request;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString('utf8');
    const effect = effectOf(service, { path, target: String(headers['x-amz-target']), text });
    const pool = upstream;
    const forward = async (changed = text): Promise<Reply> => {
      if (pool === undefined) throw new Error('the proxy is not aimed at a server');
      const sent = Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_HEADERS.has(name)));
      const reply = await pool.request({
        path,
        method: method === 'GET' ? 'GET' : 'POST',
        headers: sent,
        body: changed,
      });
      const body = Buffer.from(await reply.body.arrayBuffer());
      return { status: reply.statusCode, headers: plain(reply.headers), body };
    };
    const reply = await intercept({ ...effect, service, text }, forward);
    if (reply === 'lost') {
      request.socket.destroy();
      return;
    }
    response.writeHead(reply.status, { ...reply.headers, 'content-length': reply.body.length });
    response.end(reply.body);
  }

  const server = createServer((request, response) => {
    relay(request, response).catch(() => request.socket.destroy());
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    aim: (target) => {
      const before = upstream;
      upstream = new Pool(target, { connections: 20, headersTimeout: 0, bodyTimeout: 0 });
      void before?.destroy();
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await upstream?.destroy();
    },
  };
}

function plain(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || HOP_HEADERS.has(name) ? [] : [[name, String(value)]],
    ),
  );
}
