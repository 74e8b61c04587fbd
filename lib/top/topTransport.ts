import { Pool } from 'undici';
import type { Clock } from '../core/clock.ts';
import type { CarferryError } from '../core/errors.ts';
import { configurationError } from '../core/errors.ts';
import type { TopApiDefinition } from './defineTopApi.ts';
import { exchange } from './httpExchange.ts';
import { replyText } from './replyText.ts';
import { classifyTransportError, tooManyRequests, transportError } from './transportErrors.ts';

/** Milliseconds; `body` is the longest pause between two pieces, `total` bounds the whole attempt. */
export type TopTimeouts = {
  readonly connect: number;
  readonly headers: number;
  readonly body: number;
  readonly total: number;
};

export type TransportAnswer =
  | { readonly ok: true; readonly text: string; readonly status: number }
  /** `stale`: the connection had served before and died before this reply began. */
  | { readonly ok: false; readonly error: CarferryError; readonly stale: boolean };

export type TopTransport = {
  post(
    api: Pick<TopApiDefinition, 'method' | 'gateway'>,
    form: string,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
  ): Promise<TransportAnswer>;
  close(): Promise<void>;
};

type Line = { readonly pool: Pool; readonly path: string; opened: () => number };

const HEADERS = {
  accept: 'application/json,text/javascript',
  'accept-encoding': 'gzip',
  'content-type': 'application/x-www-form-urlencoded;charset=utf-8',
  'user-agent': 'carferry',
};

function parseUrl(variable: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw configurationError(variable, `${variable} is not an http or https URL`);
  }
  return url;
}

/** One keep-alive pool per origin; no redirects, no retries, no pipelining, a limit on every size and time. */
export function createTopTransport(config: {
  readonly topUrl: string;
  readonly qimenUrl: string;
  readonly timeouts: TopTimeouts;
  readonly maxResponseBytes: number;
  readonly connections: number;
  readonly clock: Clock;
}): TopTransport {
  const { timeouts, maxResponseBytes, clock } = config;
  const pools = new Map<string, Omit<Line, 'path'>>();

  const lineTo = (url: URL): Line => {
    let line = pools.get(url.origin);
    if (line === undefined) {
      let opened = 0;
      const pool = new Pool(url.origin, {
        allowH2: false,
        bodyTimeout: timeouts.body,
        connect: { timeout: timeouts.connect },
        connections: config.connections,
        headersTimeout: timeouts.headers,
        maxResponseSize: maxResponseBytes,
        pipelining: 1,
      });
      pool.on('connect', () => {
        opened += 1;
      });
      line = { pool, opened: () => opened };
      pools.set(url.origin, line);
    }
    return { ...line, path: url.pathname + url.search };
  };
  const lines = {
    top: lineTo(parseUrl('TOP_GATEWAY_URL', config.topUrl)),
    qimen: lineTo(parseUrl('QIMEN_GATEWAY_URL', config.qimenUrl)),
  };

  const post: TopTransport['post'] = async (api, form, { timeoutMs, signal }) => {
    const line = lines[api.gateway];
    const openedBefore = line.opened();
    const request = { path: line.path, method: 'POST', headers: HEADERS, body: form };
    const ended = await exchange(line.pool, request, { timeoutMs, signal, wantsBody: isRead });
    if (ended.ok) {
      const { status, headers, body } = ended.reply;
      if (!isRead(status)) {
        const error = statusError(api, status, headers['retry-after'], clock.now());
        return { ok: false, error, stale: false };
      }
      try {
        const text = replyText(body, headers, api, maxResponseBytes);
        return { ok: true, text: typeof text === 'string' ? text : await text, status };
      } catch (thrown) {
        return { ok: false, error: classifyTransportError(thrown, api, 'body'), stale: false };
      }
    }
    const { failure } = ended;
    const { cause } = failure;
    if (failure.ended === 'signal') {
      return { ok: false, error: transportError('aborted', api, { cause }), stale: false };
    }
    const error =
      failure.ended === 'total'
        ? transportError('total-timeout', api, { cause })
        : classifyTransportError(cause, api, failure.stage);
    // No connection was opened since the attempt began, so it ran on one that had been open before.
    const reused = openedBefore > 0 && line.opened() === openedBefore;
    return { ok: false, error, stale: reused && error.reason === 'connection-reset' };
  };

  return {
    post,
    close: async () => {
      await Promise.all([...pools.values()].map(({ pool }) => pool.close()));
    },
  };
}

/** HTTP 400 may carry an error of the platform; of other failures the status says all. */
function isRead(status: number): boolean {
  return status === 200 || status === 400;
}

function statusError(
  api: Pick<TopApiDefinition, 'method'>,
  status: number,
  retryAfter: string | string[] | undefined,
  now: number,
): CarferryError {
  if (status === 429) return tooManyRequests(api, [retryAfter].flat()[0], now);
  const reason =
    status >= 500 ? 'server-error' : status >= 300 && status < 400 ? 'redirect' : 'unexpected-status';
  return transportError(reason, api, { text: `${reason}, HTTP status ${status}`, details: { status } });
}
