import type { IncomingMessage } from 'node:http';
import type { CallStats } from './callStats.ts';
import { checkMethod, checkPublicParams, checkSession, checkTarget } from './gatewayChecks.ts';
import { callLimited, GatewayFailure } from './gatewayFailure.ts';
import { mergeParams, readBody } from './httpRequest.ts';
import type { Method } from './method.ts';
import type { Quirks } from './quirks.ts';
import { coin } from './random.ts';
import type { RateLimit } from './rateLimit.ts';
import type { Realm } from './realm.ts';
import { type ReplyStyle, writeFailure, writeSuccess } from './reply.ts';

/** What goes back over HTTP; `hang` never answers. */
export type HttpReply =
  | { kind: 'text'; status: number; contentType: string; text: string }
  | { kind: 'hang' };

export type GatewayDeps = {
  seed: string;
  realm: Realm;
  quirks: () => Quirks;
  rateLimit: RateLimit;
  stats: CallStats;
  /** The moment the world is at, epoch ms. */
  worldNow: () => number;
};

const json = 'application/json;charset=UTF-8';
const methodNames = /^[a-z0-9.]{1,80}$/;

export type Gateway = (router: Method['router'], url: URL, request: IncomingMessage) => Promise<HttpReply>;

export function createGateway(deps: GatewayDeps): Gateway {
  let calls = 0;

  return async (router, url, request) => {
    calls += 1;
    const call = calls;
    const draw = (name: string) => coin(`${deps.seed}/${name}/${call}`);
    const body = await readBody(request);
    const params = mergeParams(url.searchParams, body ?? '');
    const named = params.get('method') ?? '';
    const statsName = methodNames.test(named) ? named : '(none)';
    const count = (outcome: string) => deps.stats.count(statsName, outcome, Date.now());

    const quirks = deps.quirks();
    if (quirks.delayMs) await new Promise((resolve) => setTimeout(resolve, quirks.delayMs));
    const fault = faultOf(quirks, draw);
    if (fault !== undefined) {
      count(fault.name);
      return fault.reply;
    }

    const style: ReplyStyle = {
      router,
      format: params.get('format') ?? 'xml',
      simplify: params.get('simplify') === 'true',
      requestId: requestId(deps.seed, call),
    };
    let text: string;
    try {
      text = answer(deps, router, params, style, draw);
      count('ok');
    } catch (error) {
      if (!(error instanceof GatewayFailure)) throw error;
      text = writeFailure(error, style);
      count(`code ${error.code}`);
    }
    if (draw('truncate') < (quirks.truncateRate ?? 0)) {
      count('truncated');
      text = text.slice(0, Math.floor(text.length * draw('truncateAt')));
    }
    return {
      kind: 'text',
      status: 200,
      contentType: style.format === 'xml' ? 'text/xml;charset=UTF-8' : json,
      text,
    };
  };
}

function answer(
  deps: GatewayDeps,
  router: Method['router'],
  params: ReadonlyMap<string, string>,
  style: ReplyStyle,
  draw: (name: string) => number,
): string {
  const quirks = deps.quirks();
  const now = Date.now();
  const method = checkMethod(params, router);
  checkPublicParams(params, now);
  const wait = deps.rateLimit.admit(params.get('app_key') ?? '', method.name, now);
  if (wait !== undefined) throw callLimited(wait);
  const shop = checkSession(method, params, deps.realm, quirks);
  checkTarget(method, params);
  const body = method.answer({ params, realm: deps.realm, at: deps.worldNow(), shop, quirks });
  const unknown = draw('unknownField') < (quirks.unknownFieldRate ?? 0);
  return writeSuccess(method.name, unknown ? { ...body, simulator_unknown_field: 'new' } : body, style);
}

function faultOf(
  quirks: Quirks,
  draw: (name: string) => number,
): { name: string; reply: HttpReply } | undefined {
  if (draw('hang') < (quirks.hangRate ?? 0)) return { name: 'hang', reply: { kind: 'hang' } };
  if (draw('serverError') < (quirks.serverErrorRate ?? 0)) {
    const status = draw('serverErrorStatus') < 0.5 ? 502 : 503;
    const text = `${status} simulated server error`;
    return { name: 'serverError', reply: { kind: 'text', status, contentType: 'text/plain', text } };
  }
  if (draw('html') < (quirks.htmlRate ?? 0)) {
    const text = '<!DOCTYPE html><html><body><h1>simulated error page</h1></body></html>';
    return {
      name: 'html',
      reply: { kind: 'text', status: 200, contentType: 'text/html;charset=UTF-8', text },
    };
  }
  return undefined;
}

function requestId(seed: string, call: number): string {
  const draw = (part: string) => Math.floor(coin(`${seed}/request/${part}/${call}`) * 36 ** 5).toString(36);
  return `sim${draw('a').padStart(5, '0')}${draw('b').padStart(5, '0')}`;
}
