import { createServer } from 'node:http';
import { buffer as readBytes } from 'node:stream/consumers';
import { request } from 'undici';

export type FailingProxy = { readonly url: string; close(): Promise<void> };

const REFUSAL = `<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>
  <Message>refused by a test</Message></Error></ErrorResponse>`;

/** Stands before an AWS API server and refuses the requests whose body holds `refused`; everything else passes. */
export async function startFailingProxy(target: string, refused: RegExp): Promise<FailingProxy> {
  const server = createServer(async (incoming, outgoing) => {
    const body = await readBytes(incoming);
    if (refused.test(body.toString('latin1'))) {
      outgoing.writeHead(403, { 'content-type': 'text/xml' }).end(REFUSAL);
      return;
    }
    const {
      'transfer-encoding': _chunked,
      connection: _connection,
      expect: _expect,
      ...headers
    } = incoming.headers;
    const answer = await request(`${target}${incoming.url ?? ''}`, {
      method: incoming.method ?? 'GET',
      headers,
      body: body.length === 0 ? null : body,
    });
    outgoing.writeHead(answer.statusCode, answer.headers).end(Buffer.from(await answer.body.arrayBuffer()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
