import type { Clock } from '../core/clock.ts';
import { CarferryError, toCarferryError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { TopCallEvent } from '../core/telemetry.ts';
import type { TopApiDefinition, TopRequest, TopResponse } from './defineTopApi.ts';
import type { CallPriority, RateBudget } from './rateBudget.ts';
import { createRetryPolicy } from './retryPolicy.ts';
import type { SignMethod } from './signRequest.ts';
import { createTopAttempt } from './topAttempt.ts';
import { createCallReport } from './topCallReport.ts';
import { encodeParams, type TopApp } from './topRequest.ts';
import { createTopTransport, type TopTimeouts } from './topTransport.ts';
import { transportError } from './transportErrors.ts';

export type TopCallOptions = {
  /** Access token of the seller; needed where the API's `session` is `required`. */
  readonly session?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Epoch milliseconds; no attempt starts that could not end before. */
  readonly deadline?: number | undefined;
  /** Live calls go before sweeps, sweeps before backfill; default `live`. */
  readonly priority?: CallPriority | undefined;
  /**
   * Business codes that the caller takes for an answer, e.g. `ORDER_NOT_EXIST`. The error is thrown all the
   * same, but the call counts and logs as one that went well.
   */
  readonly answers?: ReadonlySet<string> | undefined;
};

export type TopClient = {
  /**
   * One call: a typed reply or one classified `CarferryError`.
   * `details` of an error may carry `method`, `code`, `subCode`, `businessCode`, `requestId`, `status`.
   */
  call<Api extends TopApiDefinition>(
    api: Api,
    params: TopRequest<Api>,
    options?: TopCallOptions,
  ): Promise<TopResponse<Api>>;
  /** Waits for calls in flight and closes the connections. */
  close(): Promise<void>;
};

export type TopClientConfig = {
  readonly topUrl: string;
  readonly qimenUrl: string;
  readonly appKey: string;
  readonly appSecret: string;
  readonly targetAppKey?: string | undefined;
  readonly budget: RateBudget;
  readonly log: Log;
  readonly clock: Clock;
  /** Default `hmac-sha256`. */
  readonly signMethod?: SignMethod | undefined;
  /** Default false. */
  readonly simplify?: boolean | undefined;
  /** Defaults: connect 2 s, headers 8 s, body 5 s, total 10 s. */
  readonly timeouts?: Partial<TopTimeouts> | undefined;
  /** Before and after inflating; default 8 MiB. */
  readonly maxResponseBytes?: number | undefined;
  /** Per origin; default 16. */
  readonly connections?: number | undefined;
  /** Told of every attempt. */
  readonly onCall?: ((event: TopCallEvent) => void) | undefined;
  /** Source of jitter, 0 ≤ x < 1. */
  readonly random?: (() => number) | undefined;
};

const TIMEOUTS: TopTimeouts = { connect: 2000, headers: 8000, body: 5000, total: 10_000 };
/** With less time left than this, a call is not worth starting. */
const SHORTEST_ATTEMPT_MS = 250;
/** Waited-out bans of one call; then its record waits elsewhere. */
const MOST_BANS = 3;

/** Calls TOP and Qimen: validates, paces, signs, sends, reads, and repeats what a moment may cure. */
export function createTopClient(config: TopClientConfig): TopClient {
  const { appKey, budget, clock } = config;
  const timeouts = { ...TIMEOUTS, ...config.timeouts };
  const app: TopApp = {
    appKey,
    appSecret: config.appSecret,
    targetAppKey: config.targetAppKey,
    signMethod: config.signMethod ?? 'hmac-sha256',
    simplify: config.simplify ?? false,
  };
  for (const [field, url] of Object.entries({
    TOP_GATEWAY_URL: config.topUrl,
    QIMEN_GATEWAY_URL: config.qimenUrl,
  })) {
    if (isInsecure(url))
      config.log.warn('insecure-gateway', { field, hint: 'use https: sessions travel in clear' });
  }
  const transport = createTopTransport({
    topUrl: config.topUrl,
    qimenUrl: config.qimenUrl,
    timeouts,
    maxResponseBytes: config.maxResponseBytes ?? 8 * 1024 * 1024,
    connections: config.connections ?? 16,
    clock,
  });
  const attempt = createTopAttempt({ app, transport, clock });
  const report = createCallReport(config.log, config.onCall);
  const retries = createRetryPolicy(config.random ?? Math.random, clock.now);

  const timeFor = (method: string, deadline: number | undefined): number => {
    const left = deadline === undefined ? timeouts.total : deadline - clock.now();
    if (left < SHORTEST_ATTEMPT_MS) throw transportError('deadline', { method });
    // A timer takes whole milliseconds only.
    return Math.floor(Math.min(timeouts.total, left));
  };

  const call: TopClient['call'] = async (api, params, options = {}) => {
    const { method } = api;
    const { session, signal, deadline, priority } = options;
    const latest = deadline === undefined ? undefined : deadline - SHORTEST_ATTEMPT_MS;
    const sent = encodeParams(api, params);
    if (api.session === 'required' && (session ?? '').trim() === '') throw noSession(method);
    let repeats = 0;
    let bans = 0;
    let free = false;
    let staleSeen = false;
    let lastBan: CarferryError | undefined;
    for (;;) {
      if (!free) {
        timeFor(method, deadline);
        try {
          await budget.acquire(appKey, method, { signal, deadline: latest, priority });
        } catch (thrown) {
          if (signal?.aborted === true) throw transportError('aborted', { method }, { cause: thrown });
          // The platform's own words about the ban tell more than the budget's.
          throw lastBan !== undefined && toCarferryError(thrown).disposition === 'defer' ? lastBan : thrown;
        }
      }
      free = false;
      const result = await attempt(api, sent, { session, signal, timeoutMs: timeFor(method, deadline) });
      if (result.ok) {
        retries.succeeded(repeats);
        report('ok', method, result);
        return result.reply;
      }
      const { error } = result;
      if (error.disposition === 'defer' && error.until !== undefined) {
        report('banned', method, result);
        await budget.ban(appKey, error.details['scope'] === 'app' ? '*' : method, error.until);
        bans += 1;
        if (bans > MOST_BANS) throw error;
        lastBan = error;
        continue;
      }
      if (result.stale && !staleSeen) {
        // A keep-alive socket that died while the Lambda was frozen: the call never reached the gateway.
        report('retried', method, result);
        staleSeen = true;
        free = true;
        continue;
      }
      const delay = retries.delayBefore(error, repeats);
      const fits = latest === undefined || clock.now() + (delay ?? 0) <= latest;
      if (delay === undefined || !fits) {
        const answered = options.answers?.has(String(error.details['businessCode'])) === true;
        report(answered ? 'ok' : 'failed', method, result);
        throw error;
      }
      report('retried', method, result);
      repeats += 1;
      await clock.sleep(delay, signal).catch(() => undefined);
    }
  };

  return { call, close: () => transport.close() };
}

/** Plain http is for gateways on this machine, like the simulator. */
function isInsecure(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.protocol === 'http:' && !/^(localhost|127\.[\d.]+|\[::1\])$/.test(url.hostname);
}

function noSession(method: string): CarferryError {
  return new CarferryError({
    disposition: 'halt',
    reason: 'missing-session',
    message: `${method}: needs a session, none is configured`,
    hint: 'configure a session for this seller',
    scope: 'session',
    details: { method },
  });
}
