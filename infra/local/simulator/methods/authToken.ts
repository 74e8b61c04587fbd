import { invalidParameter, missingArgument } from '../gatewayFailure.ts';
import type { NodeMap } from '../json.ts';
import type { Call, Method } from '../method.ts';

const YEAR_S = 365 * 86_400;

/**
 * Codes and refresh tokens of the simulator name the seller: `code-of-<seller>`, `refresh-of-<seller>`. The token is
 * the session that is valid now.
 */
function tokenOf(prefix: string, text: string, { realm, quirks, at }: Call): NodeMap {
  const shop = realm.shops.find(({ sellerNick }) => text === `${prefix}${sellerNick}`);
  if (shop === undefined) throw invalidParameter(prefix === 'code-of-' ? 'code' : 'refresh_token');
  const token = {
    access_token: quirks.renewedSessions?.[shop.sellerNick] ?? shop.session,
    token_type: 'Bearer',
    expires_in: YEAR_S,
    expire_time: at + YEAR_S * 1000,
    refresh_token: `refresh-of-${shop.sellerNick}`,
    re_expires_in: YEAR_S,
    taobao_user_nick: encodeURIComponent(shop.sellerNick),
    taobao_user_id: '4277659395456225432',
  };
  return { token_result: JSON.stringify(token) };
}

export const authTokenCreateMethod: Method = {
  name: 'taobao.top.auth.token.create',
  router: 'rest',
  session: false,
  answer(call) {
    const code = call.params.get('code');
    if (!code) throw missingArgument('code');
    return tokenOf('code-of-', code, call);
  },
};

export const authTokenRefreshMethod: Method = {
  name: 'taobao.top.auth.token.refresh',
  router: 'rest',
  session: false,
  answer(call) {
    const token = call.params.get('refresh_token');
    if (!token) throw missingArgument('refresh_token');
    return tokenOf('refresh-of-', token, call);
  },
};
