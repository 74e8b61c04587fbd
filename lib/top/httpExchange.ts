import type { Dispatcher } from 'undici';

/** A whole reply; `headers` in lower case. */
export type HttpReply = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
};

export type HttpRequest = {
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | null;
};

/** How an exchange ended that brought no whole reply. */
export type HttpFailure = {
  /** `signal`: the caller gave up; `total`: the time of the whole exchange ran out. */
  readonly ended: 'signal' | 'total' | 'fault';
  /** Whether the head of the reply had come. */
  readonly stage: 'head' | 'body';
  readonly cause: unknown;
};

export type HttpExchange =
  | { readonly ok: true; readonly reply: HttpReply }
  | { readonly ok: false; readonly failure: HttpFailure };

/** Of a body that nobody reads, this much is taken off the line so that the connection can serve again. */
const LONGEST_DROPPED_BODY = 65_536;

/**
 * One request and its whole reply, in one piece of memory. Below `Pool.request`, because that makes a stream,
 * which costs as much as the rest of a small exchange; and with a timer that ends with the exchange, because
 * the one of `AbortSignal.timeout` would hold every reply until it fires. Never rejects.
 *
 * @param options `wantsBody` says by status whether the body is kept.
 */
export function exchange(
  dispatcher: Pick<Dispatcher, 'dispatch'>,
  request: HttpRequest,
  options: {
    readonly timeoutMs: number;
    readonly signal?: AbortSignal | undefined;
    readonly wantsBody?: (status: number) => boolean;
  },
): Promise<HttpExchange> {
  const { timeoutMs, signal, wantsBody = () => true } = options;
  return new Promise((resolve) => {
    let controller: Dispatcher.DispatchController | undefined;
    let isOver = false;
    let head: Pick<HttpReply, 'status' | 'headers'> | undefined;
    let isKept = true;
    let dropped = 0;
    const chunks: Buffer[] = [];

    const settle = (ended: HttpExchange): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
      resolve(ended);
    };
    const fail = (ended: HttpFailure['ended'], cause: unknown): void => {
      settle({ ok: false, failure: { ended, stage: head === undefined ? 'head' : 'body', cause } });
    };
    const finish = (): void => {
      if (head === undefined) return;
      const [only] = chunks;
      const body = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
      settle({ ok: true, reply: { ...head, body } });
    };
    const stop = (ended: 'signal' | 'total', reason: unknown): void => {
      fail(ended, reason);
      controller?.abort(reason instanceof Error ? reason : new Error(ended));
    };
    const giveUp = (): void => stop('signal', signal?.reason);
    const timer = setTimeout(() => stop('total', new Error('the exchange took too long')), timeoutMs);
    if (signal?.aborted === true) {
      giveUp();
      return;
    }
    signal?.addEventListener('abort', giveUp, { once: true });

    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: (started) => {
        controller = started;
        // It waited for a free connection, and meanwhile nobody waits for it any more.
        if (isOver) started.abort(new Error('the exchange is over'));
      },
      onResponseStart: (_, status, headers) => {
        if (status < 200) return;
        head = { status, headers };
        isKept = wantsBody(status);
      },
      onResponseData: (_, chunk) => {
        if (isKept) {
          chunks.push(chunk);
          return;
        }
        dropped += chunk.length;
        if (dropped <= LONGEST_DROPPED_BODY) return;
        finish();
        controller?.abort(new Error('nobody reads this body'));
      },
      onResponseEnd: finish,
      onResponseError: (_, error) => {
        // The status alone says all about a reply whose body nobody wants.
        if (isKept || head === undefined) fail('fault', error);
        else finish();
      },
    };
    try {
      const { path, headers, body } = request;
      dispatcher.dispatch(
        { path, method: request.method, headers: { ...headers }, body: bytesOf(body) },
        handler,
      );
    } catch (thrown) {
      fail('fault', thrown);
    }
  });
}

function bytesOf(body: HttpRequest['body']): string | Buffer | null {
  if (body === null || typeof body === 'string') return body;
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}
