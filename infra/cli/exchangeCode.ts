import * as z from 'zod';
import { systemClock as clock } from '../../lib/core/clock.ts';
import { configurationError } from '../../lib/core/errors.ts';
import { silentLog } from '../../lib/core/log.ts';
import { readEnvironment, topEnvironment, topSettings } from '../../lib/lambda/environment.ts';
import { type AuthToken, readAuthToken } from '../../lib/top/apis/topAuthToken.ts';
import { topAuthTokenCreate } from '../../lib/top/apis/topAuthTokenCreate.ts';
import { topAuthTokenRefresh } from '../../lib/top/apis/topAuthTokenRefresh.ts';
import { createLocalRateBudget } from '../../lib/top/rateBudget.ts';
import { createTopClient } from '../../lib/top/topClient.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const { TOP_GATEWAY_URL, TOP_APP_KEY, TOP_APP_SECRET } = topEnvironment;
const schema = z.object({
  TOP_GATEWAY_URL: TOP_GATEWAY_URL.default('https://eco.taobao.com/router/rest'),
  TOP_APP_KEY,
  TOP_APP_SECRET,
});

/** What a seller opens in a browser to authorise the app. */
export function authoriseAddress(
  { oauthUrl, appKey, redirectUri }: { oauthUrl: string; appKey: string; redirectUri: string },
  state: string,
): string {
  const address = URL.canParse(oauthUrl) ? new URL(oauthUrl) : undefined;
  if (address?.protocol !== 'https:')
    throw configurationError('--oauth-url', '--oauth-url is no https address');
  const query = { response_type: 'code', client_id: appKey, redirect_uri: redirectUri, state, view: 'web' };
  for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
  return address.href;
}

/**
 * The code in what a person pasted: the code itself, or the whole address the browser was sent to.
 * @throws CarferryError `configuration` for an address of another request, or one that tells of a refusal
 */
export function codeOf(pasted: string, state: string | undefined): string {
  if (!URL.canParse(pasted)) return pasted;
  const { searchParams } = new URL(pasted);
  const code = searchParams.get('code');
  if (code === null || code === '') {
    throw configurationError(
      'code',
      'the address holds no code',
      'was the authorisation refused? begin again',
    );
  }
  const returned = searchParams.get('state');
  if (state === undefined || returned === null || returned === state) return code;
  throw configurationError(
    'code',
    'the address belongs to another request',
    'begin again with a new address',
  );
}

/**
 * Exchanges a code, or a refresh token, for a session.
 * @throws CarferryError `configuration` naming the variable, or whatever the platform refuses
 */
export async function exchange(
  environment: Environment,
  by: { readonly code: string } | { readonly refreshToken: string },
): Promise<AuthToken> {
  const config = readEnvironment(schema, environment);
  const settings = topSettings({
    ...config,
    QIMEN_GATEWAY_URL: config.TOP_GATEWAY_URL,
    QIMEN_TARGET_APP_KEY: '-',
    CARFERRY_RATE: 1,
  });
  const budget = createLocalRateBudget({ callsPerSecond: 1, clock });
  const top = createTopClient({ ...settings, budget, log: silentLog, clock });
  try {
    const reply =
      'code' in by
        ? await top.call(topAuthTokenCreate, { code: by.code })
        : await top.call(topAuthTokenRefresh, { refresh_token: by.refreshToken });
    return readAuthToken(reply.token_result ?? '', clock.now());
  } finally {
    await top.close();
  }
}
