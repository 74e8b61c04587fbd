import type { IncomingMessage } from 'node:http';
import type { CallStats } from './callStats.ts';
import { createForeignReplies } from './foreignReplies.ts';
import { checkMethod, checkPublicParams, checkSession, checkTarget } from './gatewayChecks.ts';
import { callLimited, GatewayFailure } from './gatewayFailure.ts';
import { mergeParams, readBody } from './httpRequest.ts';
import type { Method } from './method.ts';
import type { QuirkMemory } from './quirkRows.ts';
import type { Quirks } from './quirks.ts';
import { coin } from './random.ts';
import type { RateLimit } from './rateLimit.ts';
import type { Realm } from './realm.ts';
import { type ReplyStyle, writeFailure, writeSuccess } from './reply.ts';
import type { HttpReply } from './sendReply.ts';

export type GatewayDeps = {
  seed: string;
  realm: Realm;
  quirks: () => Quirks;
  memory: QuirkMemory;
  rateLimit: RateLimit;
  stats: CallStats;
  /** The moment the world is at, epoch ms. */
  worldNow: () => number;
};

const json = 'application/json;charset=UTF-8';
const methodNames = /^[a-z0-9.]{1,80}$/;

export type Gateway = (router: Method['router'], url: URL, request: IncomingMessage) => Promise<HttpReply>;

type Draw = (name: string) => number;

export function createGateway(deps: GatewayDeps): Gateway {
  let calls = 0;
  const foreign = createForeignReplies();

  return async (router, url, request) => {
    calls += 1;
    const call = calls;
    const draw: Draw = (name) => coin(`${deps.seed}/${name}/${call}`);
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
      shape: quirks.shape,
    };
    let text: string;
    try {
      text = answer(deps, router, params, style, draw);
      const { rate = 0, method = named } = quirks.foreignReply ?? {};
      const other = rate > 0 && method === named ? foreign.replyFor(params, text) : undefined;
      const isForeign = other !== undefined && draw('foreign') < rate;
      count(isForeign ? 'foreign' : 'ok');
      if (isForeign) text = other;
    } catch (error) {
      if (!(error instanceof GatewayFailure)) throw error;
      text = writeFailure(error, style);
      count(error.note === undefined ? `code ${error.code}` : `code ${error.code} ${error.note}`);
    }
    if (draw('truncate') < (quirks.truncateRate ?? 0)) {
      count('truncated');
      text = text.slice(0, Math.floor(text.length * draw('truncateAt')));
    }
    const { drip, resetRate = 0 } = quirks;
    const isCut = draw('reset') < resetRate;
    if (isCut) count('reset');
    return {
      kind: 'text',
      status: 200,
      contentType: style.format === 'xml' ? 'text/xml;charset=UTF-8' : json,
      text,
      ...(isCut ? { isCut } : {}),
      ...(drip !== undefined && draw('drip') < drip.rate ? { drip } : {}),
    };
  };
}

function answer(
  deps: GatewayDeps,
  router: Method['router'],
  params: ReadonlyMap<string, string>,
  style: ReplyStyle,
  draw: Draw,
): string {
  const quirks = deps.quirks();
  const now = Date.now();
  const method = checkMethod(params, router);
  checkPublicParams(params, now);
  const ban = deps.rateLimit.admit(params.get('app_key') ?? '', method.name, now);
  if (ban !== undefined) throw callLimited(ban);
  const shop = checkSession(method, params, deps.realm, quirks);
  checkTarget(method, params);
  const { realm, memory } = deps;
  const body = method.answer({ params, realm, at: deps.worldNow(), shop, quirks, memory });
  const unknown = draw('unknownField') < (quirks.unknownFieldRate ?? 0);
  return writeSuccess(method.name, unknown ? { ...body, simulator_unknown_field: 'new' } : body, style);
}

function faultOf(quirks: Quirks, draw: Draw): { name: string; reply: HttpReply } | undefined {
  if (draw('hang') < (quirks.hangRate ?? 0)) return { name: 'hang', reply: { kind: 'hang' } };
  if (draw('resetAtOnce') < (quirks.resetRate ?? 0) / 2) return { name: 'reset', reply: { kind: 'reset' } };
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
