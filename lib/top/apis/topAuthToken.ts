import * as z from 'zod';
import { CarferryError } from '../../core/errors.ts';
import { toIso } from '../../domain/chinaTime.ts';
import { topMembers, topText } from '../topFields.ts';

/** Reply of both token calls: `token_result` is a text that holds JSON. */
export const topAuthTokenResponse = topMembers({ token_result: topText() });

/** Seconds or milliseconds, as number or text. */
const count = z.lazy(() => z.coerce.number().nonnegative().catch(0));
const tokenSchema = z.lazy(() =>
  z.looseObject({
    access_token: z.string().min(1),
    /** URL-encoded. */
    taobao_user_nick: z.string().min(1),
    expire_time: count,
    expires_in: count,
    refresh_token: z.string().optional(),
    re_expires_in: count,
  }),
);

/** What a seller's authorisation gives. */
export type AuthToken = {
  readonly session: string;
  readonly sellerNick: string;
  /** ISO `+08:00`; absent when the reply does not say. */
  readonly expiresAt?: string;
  /** Only where it can be used: apps of the service market. */
  readonly refreshToken?: string;
};

/**
 * Reads `token_result`. How long a token lives depends on the kind of app, so only the reply is believed.
 * @param now epoch ms of the reply, for replies that state a duration only
 * @throws CarferryError `park`, `unexpected-shape`; never shows a value
 * Source: protocol notes, 7.2 and 7.3.
 */
export function readAuthToken(tokenResult: string, now: number): AuthToken {
  const parsed = tokenSchema.safeParse(parseJson(tokenResult));
  if (!parsed.success) {
    throw new CarferryError({
      disposition: 'park',
      reason: 'unexpected-shape',
      message: 'the token in the reply cannot be read',
      field: `token_result.${String(parsed.error.issues[0]?.path[0] ?? '')}`,
    });
  }
  const token = parsed.data;
  const expiresAt = token.expire_time || (token.expires_in > 0 ? now + token.expires_in * 1000 : 0);
  const isRefreshable = token.re_expires_in > 0 && Boolean(token.refresh_token);
  return {
    session: token.access_token,
    sellerNick: decoded(token.taobao_user_nick),
    ...(expiresAt > 0 && { expiresAt: toIso(Math.floor(expiresAt / 1000) * 1000) }),
    ...(isRefreshable && token.refresh_token !== undefined && { refreshToken: token.refresh_token }),
  };
}

function parseJson(text: string): unknown {
  try {
    const document: unknown = JSON.parse(text);
    return document;
  } catch {
    return undefined;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
