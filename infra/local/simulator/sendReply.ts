import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';

const gzipAsync = promisify(gzip);

/** What goes back over HTTP; `hang` never answers, `reset` ends the connection. */
export type HttpReply =
  | {
      kind: 'text';
      status: number;
      contentType: string;
      text: string;
      /** The connection ends in the middle of the body. */
      isCut?: boolean;
      /** The body comes in pieces of `bytes`, one every `everyMs`. */
      drip?: { bytes: number; everyMs: number };
    }
  | { kind: 'hang' }
  | { kind: 'reset' };

/** Sends a reply; with `zip`, compressed for callers that take it. */
export async function sendReply(
  request: IncomingMessage,
  response: ServerResponse,
  reply: HttpReply,
  zip: boolean,
): Promise<void> {
  if (reply.kind === 'hang') return;
  if (reply.kind === 'reset') {
    request.socket.resetAndDestroy();
    return;
  }
  const accepts = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
  const plain = Buffer.from(reply.text, 'utf8');
  const zipped = zip && accepts;
  const body = zipped ? await gzipAsync(plain, { level: constants.Z_BEST_SPEED }) : plain;
  response.writeHead(reply.status, {
    'content-type': reply.contentType,
    'content-length': body.length,
    ...(zipped ? { 'content-encoding': 'gzip' } : {}),
  });
  if (reply.isCut === true) {
    response.write(body.subarray(0, Math.floor(body.length / 2)), () => request.socket.resetAndDestroy());
    return;
  }
  if (reply.drip !== undefined) await dripped(response, body, reply.drip);
  else response.end(body);
}

async function dripped(
  response: ServerResponse,
  body: Buffer,
  { bytes, everyMs }: { bytes: number; everyMs: number },
): Promise<void> {
  response.flushHeaders();
  for (let start = 0; start < body.length && !response.destroyed; start += bytes) {
    response.write(body.subarray(start, start + bytes));
    // Unreferenced: a caller that has gone must not keep the process alive.
    await delay(everyMs, undefined, { ref: false });
  }
  response.end();
}
