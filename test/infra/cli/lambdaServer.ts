import { createServer } from 'node:http';
import type { Invoke } from '../../../infra/local/invoke.ts';
import { CarferryError } from '../../../lib/core/errors.ts';

/** The part of Lambda that the commands use, on loopback: it calls the functions of this process. */
export type LambdaServer = {
  readonly url: string;
  /** Events by function name, in order. */
  readonly events: { readonly name: string; readonly event: unknown }[];
  /** The next invocations end so; each is used once. */
  readonly mishaps: Mishap[];
  close(): Promise<void>;
};

export type Mishap =
  /** The function works, its reply never comes. */
  | { readonly kind: 'lost' }
  /** Lambda refuses, as it does when too many run. */
  | { readonly kind: 'refused'; readonly status: number; readonly name: string }
  /** The function fails with this. */
  | { readonly kind: 'failed'; readonly errorType: string; readonly errorMessage: string };

const PATH = /^\/2015-03-31\/functions\/carferry-dev-(\w+)\/invocations$/;

export async function startLambdaServer(invoke: Invoke): Promise<LambdaServer> {
  const events: LambdaServer['events'] = [];
  const mishaps: Mishap[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', async () => {
      const reply = (status: number, body: unknown, headers: Record<string, string> = {}): void => {
        response.writeHead(status, { 'content-type': 'application/json', ...headers });
        response.end(JSON.stringify(body));
      };
      const name = PATH.exec(request.url ?? '')?.[1];
      const mishap = mishaps.shift();
      if (name === undefined)
        return reply(404, { Message: 'none' }, { 'x-amzn-errortype': 'ResourceNotFoundException' });
      if (mishap?.kind === 'refused')
        return reply(mishap.status, { Message: 'refused' }, { 'x-amzn-errortype': mishap.name });
      const failed = { 'x-amz-function-error': 'Unhandled' };
      if (mishap?.kind === 'failed') {
        const { errorType, errorMessage } = mishap;
        return reply(200, { errorType, errorMessage, trace: [] }, failed);
      }
      const event: unknown = JSON.parse(Buffer.concat(parts).toString());
      events.push({ name, event });
      try {
        const answer = await invoke(name, event);
        if (mishap?.kind === 'lost') response.destroy();
        else reply(200, answer);
      } catch (error) {
        // As the runtime hands it over: name, message and stack, nothing else.
        const { name: errorType, message: errorMessage } =
          error instanceof CarferryError ? error : new Error(String(error));
        reply(200, { errorType, errorMessage, trace: [] }, failed);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    events,
    mishaps,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
