import { timingSafeEqual } from 'node:crypto';
import { GatewayFailure, invalidArgument, missingArgument } from './gatewayFailure.ts';
import type { Method } from './method.ts';
import { methods } from './methods/methods.ts';
import type { Quirks } from './quirks.ts';
import { invented, type Realm, type ServedShop, shopOfSession } from './realm.ts';
import { isSignMethod, sign } from './signature.ts';
import { readSeconds } from './wallClock.ts';

const TOLERANCE_MS = 10 * 60_000;

type Params = ReadonlyMap<string, string>;

/** The method a call names, if this router serves it. */
export function checkMethod(params: Params, router: Method['router']): Method {
  const name = params.get('method');
  if (!name) throw new GatewayFailure(21, 'Missing method');
  const method = methods.find((known) => known.name === name && known.router === router);
  if (method === undefined)
    throw new GatewayFailure(22, 'Invalid method', 'isv.invalid-method', '不合法ApiName');
  return method;
}

/** Public parameters in the platform's order, the signature last. `now` is the real clock, epoch ms. */
export function checkPublicParams(params: Params, now: number): void {
  const appKey = params.get('app_key');
  if (!appKey) throw new GatewayFailure(28, 'Missing app key');
  if (appKey !== invented.appKey) throw new GatewayFailure(29, 'Invalid app key', 'isv.appkey-not-exists');
  const timestamp = params.get('timestamp');
  if (!timestamp) throw new GatewayFailure(30, 'Missing timestamp');
  const calledAt = readSeconds(timestamp);
  if (calledAt === undefined || Math.abs(now - calledAt) > TOLERANCE_MS) {
    throw new GatewayFailure(31, 'Invalid timestamp');
  }
  const version = params.get('v');
  if (!version) throw new GatewayFailure(32, 'Missing version');
  if (version !== '2.0') throw new GatewayFailure(33, 'Invalid version');
  const format = params.get('format') ?? 'xml';
  if (format !== 'json' && format !== 'xml') throw new GatewayFailure(23, 'Invalid format');
  const signMethod = params.get('sign_method');
  if (!signMethod) throw missingArgument('sign_method');
  if (!isSignMethod(signMethod)) throw invalidArgument('sign_method');
  const given = params.get('sign');
  if (!given) throw new GatewayFailure(24, 'Missing signature');
  if (!equal(given, sign(params, invented.appSecret, signMethod))) {
    throw new GatewayFailure(25, 'Invalid signature');
  }
}

function equal(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** The shop of the session, for methods that need one. */
export function checkSession(
  method: Method,
  params: Params,
  realm: Realm,
  quirks: Quirks,
): ServedShop | undefined {
  if (!method.session) return undefined;
  const session = params.get('session');
  if (!session) throw new GatewayFailure(26, 'Missing session');
  const shop = shopOfSession(realm, session, quirks.renewedSessions);
  if (shop === undefined) {
    throw new GatewayFailure(27, 'Invalid session', 'invalid-sessionkey', 'SessionKey非法');
  }
  const renewed = quirks.renewedSessions?.[shop.sellerNick];
  const isOld = renewed !== undefined && renewed !== session;
  if (isOld || quirks.expiredSession === shop.sellerNick) {
    throw new GatewayFailure(27, 'Invalid session', 'session-expired', 'SessionKey过期');
  }
  return shop;
}

export function checkTarget(method: Method, params: Params): void {
  if (method.router !== 'qm') return;
  const target = params.get('target_app_key');
  if (!target) throw missingArgument('target_app_key');
  if (target !== invented.targetAppKey) throw invalidArgument('target_app_key');
}
