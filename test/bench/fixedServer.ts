import { createServer } from 'node:http';
import * as z from 'zod';

/*
 * A server in a process of its own that gives every path one fixed body. Started by `startFixedServer`; ends
 * with its parent.
 */

const bodiesSchema = z.record(z.string(), z.object({ type: z.string(), text: z.string() }));

process.on('disconnect', () => process.exit(0));
process.once('message', (message) => {
  const replies = new Map(
    Object.entries(bodiesSchema.parse(message)).map(([path, { type, text }]) => {
      const body = Buffer.from(text, 'utf8');
      return [path, { body, headers: { 'content-type': type, 'content-length': body.length } }];
    }),
  );
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      const reply = replies.get(request.url ?? '');
      response.writeHead(reply === undefined ? 404 : 200, reply?.headers);
      response.end(reply?.body);
    });
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    if (typeof address === 'object' && address !== null) process.send?.({ port: address.port });
  });
});
