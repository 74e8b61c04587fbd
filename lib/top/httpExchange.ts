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

export type ExchangeOptions = {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Says by status whether the body is kept; default always. */
  readonly wantsBody?: (status: number) => boolean;
};

/**
 * One request and its whole reply, in one piece of memory. Below `Pool.request`, because that makes a stream,
 * which costs as much as the rest of a small exchange; and with a timer that ends with the exchange, because
 * the one of `AbortSignal.timeout` would hold every reply until it fires. Never rejects.
 */
export function exchange(
  dispatcher: Pick<Dispatcher, 'dispatch'>,
  request: HttpRequest,
  options: ExchangeOptions,
): Promise<HttpExchange> {
  return new Promise((resolve) => {
    const running = new RunningExchange(options, resolve);
    if (running.isOver) return;
    try {
      const { path, method, headers, body } = request;
      dispatcher.dispatch({ path, method, headers, body: bytesOf(body) }, running);
    } catch (thrown) {
      running.fail('fault', thrown);
    }
  });
}

/** The state of one exchange; a class, because a dozen functions made for every call would cost a microsecond. */
class RunningExchange implements Dispatcher.DispatchHandler {
  isOver = false;
  readonly #options: ExchangeOptions;
  readonly #resolve: (ended: HttpExchange) => void;
  readonly #timer: NodeJS.Timeout;
  #controller: Dispatcher.DispatchController | undefined;
  #head: Pick<HttpReply, 'status' | 'headers'> | undefined;
  #isKept = true;
  #dropped = 0;
  /** The body so far: almost always it comes in one piece. */
  #first: Buffer | undefined;
  #more: Buffer[] | undefined;

  constructor(options: ExchangeOptions, resolve: (ended: HttpExchange) => void) {
    this.#options = options;
    this.#resolve = resolve;
    this.#timer = setTimeout(timedOut, options.timeoutMs, this);
    const { signal } = options;
    if (signal?.aborted === true) this.handleEvent();
    else signal?.addEventListener('abort', this, { once: true });
  }

  /** The signal's: the caller gives up. */
  handleEvent(): void {
    this.stop('signal', this.#options.signal?.reason);
  }

  stop(ended: 'signal' | 'total', reason: unknown): void {
    this.fail(ended, reason);
    this.#controller?.abort(reason instanceof Error ? reason : new Error(ended));
  }

  fail(ended: HttpFailure['ended'], cause: unknown): void {
    const stage = this.#head === undefined ? 'head' : 'body';
    this.#settle({ ok: false, failure: { ended, stage, cause } });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // It waited for a free connection, and meanwhile nobody waits for it any more.
    if (this.isOver) controller.abort(new Error('the exchange is over'));
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    if (status < 200) return;
    this.#head = { status, headers };
    this.#isKept = this.#options.wantsBody?.(status) ?? true;
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#isKept) {
      this.#dropped += chunk.length;
      if (this.#dropped <= LONGEST_DROPPED_BODY) return;
      this.onResponseEnd();
      this.#controller?.abort(new Error('nobody reads this body'));
    } else if (this.#first === undefined) this.#first = chunk;
    else if (this.#more === undefined) this.#more = [this.#first, chunk];
    else this.#more.push(chunk);
  }

  onResponseEnd(): void {
    if (this.#head === undefined) return;
    const { status, headers } = this.#head;
    const body = this.#more === undefined ? (this.#first ?? NOTHING) : Buffer.concat(this.#more);
    this.#settle({ ok: true, reply: { status, headers, body } });
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    // The status alone says all about a reply whose body nobody wants.
    if (this.#isKept || this.#head === undefined) this.fail('fault', error);
    else this.onResponseEnd();
  }

  #settle(ended: HttpExchange): void {
    if (this.isOver) return;
    this.isOver = true;
    clearTimeout(this.#timer);
    this.#options.signal?.removeEventListener('abort', this);
    this.#resolve(ended);
  }
}

const NOTHING = Buffer.alloc(0);

function timedOut(running: RunningExchange): void {
  running.stop('total', new Error('the exchange took too long'));
}

function bytesOf(body: HttpRequest['body']): string | Buffer | null {
  if (body === null || typeof body === 'string') return body;
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}
