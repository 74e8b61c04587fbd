import { Pool } from 'undici';
import type { Clock } from '../core/clock.ts';
import type { CarferryError } from '../core/errors.ts';
import { configurationError } from '../core/errors.ts';
import type { TopApiDefinition } from './defineTopApi.ts';
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
    const total = AbortSignal.timeout(timeoutMs);
    const limit = signal === undefined ? total : AbortSignal.any([signal, total]);
    let stage: 'head' | 'body' = 'head';
    try {
      const { statusCode, headers, body } = await line.pool.request({
        path: line.path,
        method: 'POST',
        headers: HEADERS,
        body: form,
        signal: limit,
      });
      stage = 'body';
      if (statusCode !== 200 && statusCode !== 400) {
        await body.dump({ limit: 65_536, signal: limit }).catch(() => undefined);
        return {
          ok: false,
          error: statusError(api, statusCode, headers['retry-after'], clock.now()),
          stale: false,
        };
      }
      const bytes = Buffer.from(await body.arrayBuffer());
      const text = await replyText(bytes, headers, api, maxResponseBytes);
      return { ok: true, text, status: statusCode };
    } catch (thrown) {
      if (signal?.aborted === true) {
        return { ok: false, error: transportError('aborted', api, { cause: thrown }), stale: false };
      }
      const error = total.aborted
        ? transportError('total-timeout', api, { cause: thrown })
        : classifyTransportError(thrown, api, stage);
      // No connection was opened since the attempt began, so it ran on one that had been open before.
      const reused = openedBefore > 0 && line.opened() === openedBefore;
      return { ok: false, error, stale: reused && error.reason === 'connection-reset' };
    }
  };

  return {
    post,
    close: async () => {
      await Promise.all([...pools.values()].map(({ pool }) => pool.close()));
    },
  };
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
