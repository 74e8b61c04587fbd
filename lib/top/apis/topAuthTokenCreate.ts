import * as z from 'zod';
import { defineTopApi } from '../defineTopApi.ts';
import { topAuthTokenResponse } from './topAuthToken.ts';

/**
 * Exchanges the code that a seller's authorisation gave for a token; `readAuthToken` reads it. https only.
 * Source: https://open.taobao.com/v2/doc (taobao.top.auth.token.create), protocol notes, section 7.
 */
export const topAuthTokenCreate = defineTopApi({
  method: 'taobao.top.auth.token.create',
  gateway: 'top',
  session: 'none',
  request: z.lazy(() => z.strictObject({ code: z.string().min(1), uuid: z.string().min(1).optional() })),
  response: topAuthTokenResponse,
  outcome: ({ token_result }) => (token_result ? { ok: true } : { ok: false, code: 'no-token', message: '' }),
});
