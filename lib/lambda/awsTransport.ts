import { Pool } from 'undici';
import { exchange } from '../top/httpExchange.ts';

/** What the SDK hands over, signed; `query` is used by its credential providers only. */
export type AwsRequest = {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number | undefined;
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>> | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
};

export type AwsReply = {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array;
};

/** Milliseconds; `request` bounds one attempt as a whole. */
export type AwsTimeouts = { readonly connect: number; readonly request: number };

/** As many as the SDK's own handler keeps. */
const CONNECTIONS = 50;

/**
 * Carries the SDK's requests over undici: about half the processor time of the handler it brings along
 * (`docs/performance.md`). Replies of DynamoDB and SQS are small, so they come in one piece.
 */
export function createAwsTransport(timeouts: AwsTimeouts) {
  const pools = new Map<string, Pool>();

  function poolFor({ protocol, hostname, port }: AwsRequest): Pool {
    const origin = `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`;
    const known = pools.get(origin);
    if (known !== undefined) return known;
    const pool = new Pool(origin, {
      allowH2: false,
      connections: CONNECTIONS,
      connect: { timeout: timeouts.connect },
      // The exchange has a timer of its own.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    pools.set(origin, pool);
    return pool;
  }

  return {
    /** @throws Error `TimeoutError`, which the SDK repeats, for every fault of the way; `AbortError`. */
    async handle(
      request: AwsRequest,
      { abortSignal, requestTimeout = timeouts.request }: HandlerOptions = {},
    ): Promise<{ response: AwsReply }> {
      const { method, headers } = request;
      const ended = await exchange(
        poolFor(request),
        { path: pathOf(request), method, headers, body: bodyOf(request.body) },
        { timeoutMs: requestTimeout, signal: abortSignal },
      );
      if (!ended.ok) {
        const isAborted = ended.failure.ended === 'signal';
        throw named(isAborted ? 'AbortError' : 'TimeoutError', ended.failure.cause);
      }
      const { status, headers: received, body } = ended.reply;
      return { response: { statusCode: status, headers: joined(received), body } };
    },

    /** Closes the connections at once; nothing that is under way is awaited. */
    destroy(): void {
      for (const pool of pools.values()) void pool.destroy();
      pools.clear();
    },

    // The SDK wants to set options of its own handler; this one takes none.
    updateHttpClientConfig(): void {},
    httpHandlerConfigs: () => ({}),
    metadata: { handlerProtocol: 'http/1.1' },
  };
}

type HandlerOptions = {
  readonly abortSignal?: AbortSignal;
  readonly requestTimeout?: number;
};

function pathOf({ path, query = {} }: AwsRequest): string {
  const pairs: string[] = [];
  for (const [name, value] of Object.entries(query)) {
    for (const one of [value].flat()) {
      pairs.push(one === null ? encode(name) : `${encode(name)}=${encode(one)}`);
    }
  }
  return pairs.length === 0 ? path : `${path}?${pairs.join('&')}`;
}

/** As the signature was made: RFC 3986. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function bodyOf(body: unknown): string | Uint8Array | null {
  if (body === undefined || body === null) return null;
  if (typeof body === 'string' || body instanceof Uint8Array) return body;
  throw new TypeError('a request to AWS with a stream as its body');
}

function joined(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) plain[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return plain;
}

/** The SDK decides by the name whether it tries again. */
function named(name: 'AbortError' | 'TimeoutError', cause: unknown): Error {
  const error = new Error(cause instanceof Error ? cause.message : name, { cause });
  error.name = name;
  return error;
}
