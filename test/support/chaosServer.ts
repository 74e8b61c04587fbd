import { createServer, type Socket } from 'node:net';

/** One request as it arrived; nothing of it is checked. */
export type ChaosRequest = {
  /** The decoded form. */
  readonly form: URLSearchParams;
  /** How many requests had come before it, on any connection. */
  readonly nth: number;
};

/** What the server does with a request; it owns the socket from then on. */
export type ChaosAct = (socket: Socket, request: ChaosRequest) => void;

export type ChaosServer = {
  readonly url: string;
  readonly requests: readonly ChaosRequest[];
  /** Changes what is done with requests from now on, and forgets those that came. */
  act(act: ChaosAct): void;
  /** Bytes that clients took, over all connections. */
  bytesTaken(): number;
  close(): Promise<void>;
};

/** A TCP server on loopback that speaks HTTP exactly as badly as it is told to. */
export async function startChaosServer(first: ChaosAct = () => {}): Promise<ChaosServer> {
  let act = first;
  let requests: ChaosRequest[] = [];
  const sockets = new Set<Socket>();
  let taken = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    let received = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('close', () => {
      taken += socket.bytesWritten;
      sockets.delete(socket);
    });
    socket.on('data', (piece) => {
      received = Buffer.concat([received, Buffer.from(piece)]);
      const body = wholeBody(received);
      if (body === undefined) return;
      received = Buffer.alloc(0);
      const request = { form: new URLSearchParams(body), nth: requests.length };
      requests.push(request);
      act(socket, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/router/rest`,
    get requests() {
      return requests;
    },
    act: (next) => {
      act = next;
      requests = [];
    },
    bytesTaken: () => [...sockets].reduce((sum, { bytesWritten }) => sum + bytesWritten, taken),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** The body of a request, once all of it is here. */
function wholeBody(received: Buffer): string | undefined {
  const head = received.indexOf('\r\n\r\n');
  if (head === -1) return undefined;
  const length = Number(/^content-length: *(\d+)/im.exec(received.subarray(0, head).toString('latin1'))?.[1]);
  const body = received.subarray(head + 4);
  return body.length < (length || 0) ? undefined : body.toString('utf8');
}

export type Headers = Readonly<Record<string, string | readonly string[]>>;

/** The bytes of a reply; without a `content-length` among `headers` its true length is stated. */
export function replyBytes(body: string | Uint8Array, headers: Headers = {}, status = 200): Buffer {
  const bytes = Buffer.from(body);
  const stated = { 'content-type': 'application/json;charset=UTF-8', ...headers };
  const lines = Object.entries({ 'content-length': String(bytes.length), ...stated })
    .flatMap(([name, values]) => [values].flat().map((value) => `${name}: ${value}\r\n`))
    .join('');
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status} X\r\n${lines}\r\n`, 'latin1'), bytes]);
}

/** A reply as it should be. */
export function reply(body: string | Uint8Array, headers: Headers = {}, status = 200): ChaosAct {
  return raw(replyBytes(body, headers, status));
}

/** These bytes, and the connection stays open. */
export function raw(bytes: string | Uint8Array): ChaosAct {
  return (socket) => void socket.write(bytes);
}

/** These bytes, then the connection is closed in good order. */
export function rawThenEnd(bytes: string | Uint8Array): ChaosAct {
  return (socket) => void socket.end(bytes);
}

/** These bytes, then a reset. */
export function rawThenReset(bytes: Uint8Array): ChaosAct {
  return (socket) => {
    if (bytes.length === 0) socket.resetAndDestroy();
    else socket.write(bytes, () => socket.resetAndDestroy());
  };
}

/** `bytes` one at a time; after the last one, nothing. */
export function drip(start: Uint8Array, bytes: Uint8Array, everyMs: number): ChaosAct {
  return (socket) => {
    if (start.length > 0) socket.write(start);
    let at = 0;
    const timer = setInterval(() => {
      if (at < bytes.length) socket.write(bytes.subarray(at, at + 1));
      at += 1;
    }, everyMs);
    socket.on('close', () => clearInterval(timer));
  };
}

/** `piece` again and again, as fast as it is taken, without an end. */
export function flood(start: string | Uint8Array, piece: Uint8Array): ChaosAct {
  return (socket) => {
    socket.write(start);
    const pour = (): void => {
      while (!socket.destroyed && socket.write(piece));
    };
    socket.on('drain', pour);
    pour();
  };
}

/** A chunk of `transfer-encoding: chunked`. */
export function chunk(bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
}
