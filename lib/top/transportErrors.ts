import { CarferryError } from '../core/errors.ts';
import type { TopErrorApi } from './topErrors.ts';

/** Every way in which no readable reply came back. */
export type TransportReason =
  | 'aborted'
  | 'body-timeout'
  | 'connect-timeout'
  | 'connection-refused'
  | 'connection-reset'
  | 'deadline'
  | 'dns-failure'
  | 'empty-reply'
  | 'headers-timeout'
  | 'html-reply'
  | 'malformed-http'
  | 'redirect'
  | 'reply-too-large'
  | 'server-error'
  | 'tls-failure'
  | 'total-timeout'
  | 'transport-failure'
  | 'truncated-reply'
  | 'unexpected-status'
  | 'unknown-coding'
  | 'unreadable-reply'
  | 'wrong-content-type';

/** Faults that one more try a moment later may cure; all calls of carferry are reads. */
const TRANSIENT: ReadonlySet<string> = new Set([
  'body-timeout',
  'connect-timeout',
  'connection-refused',
  'connection-reset',
  'dns-failure',
  'empty-reply',
  'headers-timeout',
  'html-reply',
  'malformed-http',
  'platform-unavailable',
  'server-error',
  'total-timeout',
  'transport-failure',
  'truncated-reply',
  'unreadable-reply',
]);

/** True for what the client's own retry layer may repeat. */
export function isTransient(error: CarferryError): boolean {
  return error.disposition === 'retry' && TRANSIENT.has(error.reason);
}

const HINTS: Partial<Record<TransportReason, string>> = {
  'connection-refused': 'nothing listens at the gateway address; check the gateway URL',
  'dns-failure': 'the gateway host name does not resolve; check the gateway URL and the resolver',
  redirect: 'the gateway URL must be the router itself; redirects are not followed',
  'tls-failure': 'the gateway certificate is not accepted; check the URL, the clock and proxies',
  'unexpected-status': 'check the gateway URL and proxies on the way',
};

/** One error for a reply that is no reply; `retry`, never a statement about orders. */
export function transportError(
  reason: TransportReason,
  api: Pick<TopErrorApi, 'method'>,
  options: {
    readonly text?: string | undefined;
    readonly details?: Readonly<Record<string, string | number | boolean>>;
    readonly cause?: unknown;
  } = {},
): CarferryError {
  return new CarferryError({
    disposition: 'retry',
    reason,
    message: `${api.method}: ${options.text ?? reason}`,
    hint: HINTS[reason],
    details: { method: api.method, ...options.details },
    cause: options.cause,
  });
}

/** Whoever asks for more is not believed. */
const LONGEST_WAIT_SECONDS = 86_400;

/** `Retry-After` as seconds or as a date; what is neither, or lies in the past, is one second. */
function secondsToWait(retryAfter: string, now: number): number {
  if (/^\d+$/.test(retryAfter)) return Number(retryAfter);
  const at = /^[A-Z][a-z]{2}, .* GMT$/.test(retryAfter) ? Date.parse(retryAfter) : Number.NaN;
  return at > now ? Math.ceil((at - now) / 1000) : 1;
}

/** HTTP 429, which TOP is not known to send but a proxy may. */
export function tooManyRequests(
  api: Pick<TopErrorApi, 'method'>,
  retryAfter: string | undefined,
  now: number,
): CarferryError {
  const seconds = Math.min(secondsToWait(retryAfter?.trim() ?? '', now), LONGEST_WAIT_SECONDS);
  return new CarferryError({
    disposition: 'defer',
    reason: 'throttled',
    message: `${api.method}: throttled, HTTP status 429`,
    until: now + (seconds + 1) * 1000,
    details: { method: api.method, status: 429, scope: 'api' },
  });
}

const REASONS_BY_CODE: Readonly<Record<string, TransportReason>> = {
  EAI_AGAIN: 'dns-failure',
  ECONNREFUSED: 'connection-refused',
  ECONNRESET: 'connection-reset',
  ENOTFOUND: 'dns-failure',
  EPIPE: 'connection-reset',
  ETIMEDOUT: 'connect-timeout',
  UND_ERR_BODY_TIMEOUT: 'body-timeout',
  UND_ERR_CONNECT_TIMEOUT: 'connect-timeout',
  UND_ERR_HEADERS_OVERFLOW: 'malformed-http',
  UND_ERR_HEADERS_TIMEOUT: 'headers-timeout',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'truncated-reply',
  UND_ERR_RES_EXCEEDED_MAX_SIZE: 'reply-too-large',
  UND_ERR_SOCKET: 'connection-reset',
};

function errorCode(thrown: unknown): string {
  if (!(thrown instanceof Error)) return '';
  if ('code' in thrown && typeof thrown.code === 'string') return thrown.code;
  if (thrown instanceof AggregateError) return errorCode(thrown.errors[0]);
  return errorCode(thrown.cause);
}

/**
 * One classified error for whatever the HTTP client threw.
 *
 * @param stage `body` once the reply's head has arrived: a connection that ends then truncated the reply.
 */
export function classifyTransportError(
  thrown: unknown,
  api: Pick<TopErrorApi, 'method'>,
  stage: 'head' | 'body' = 'head',
): CarferryError {
  if (thrown instanceof CarferryError) return thrown;
  const code = errorCode(thrown);
  const name = thrown instanceof Error ? thrown.name : '';
  const reason = ((): TransportReason => {
    if (name === 'TimeoutError') return 'total-timeout';
    if (name === 'AbortError') return 'aborted';
    if (name === 'HTTPParserError' || code.startsWith('HPE_'))
      return stage === 'body' ? 'truncated-reply' : 'malformed-http';
    if (/^ERR_(SSL|TLS)_|CERT|SELF_SIGNED|UNABLE_TO_/.test(code)) return 'tls-failure';
    const known = Object.hasOwn(REASONS_BY_CODE, code) ? REASONS_BY_CODE[code] : undefined;
    if (known === 'connection-reset' && stage === 'body') return 'truncated-reply';
    return known ?? 'transport-failure';
  })();
  return transportError(reason, api, {
    text: code === '' ? reason : `${reason} (${code})`,
    ...(code === '' ? {} : { details: { code } }),
    cause: thrown,
  });
}
