import * as z from 'zod';
import { defineTopApi } from '../defineTopApi.ts';
import { topAuthTokenResponse } from './topAuthToken.ts';

/**
 * Prolongs an authorisation without the seller; only for apps of the service market. https only.
 * Source: https://open.taobao.com/v2/doc (taobao.top.auth.token.refresh), protocol notes, section 7.
 */
export const topAuthTokenRefresh = defineTopApi({
  method: 'taobao.top.auth.token.refresh',
  gateway: 'top',
  session: 'none',
  request: z.lazy(() => z.strictObject({ refresh_token: z.string().min(1) })),
  response: topAuthTokenResponse,
  outcome: ({ token_result }) => (token_result ? { ok: true } : { ok: false, code: 'no-token', message: '' }),
});
