import { configurationError } from '../../lib/core/errors.ts';
import { daysUntil } from '../../lib/store/sessionsLeft.ts';
import type { AuthToken } from '../../lib/top/apis/topAuthToken.ts';
import type { OpenRegistry } from './openRegistry.ts';
import { addShop, listShops, setSession } from './shops.ts';

/**
 * Stores the session of an authorisation for the shop that it names, which is added when it is new.
 * @param expected the seller that must have authorised
 * @returns a line for people; never the session
 * @throws CarferryError `configuration` when another seller has authorised; nothing is stored then
 */
export async function storeToken(
  open: OpenRegistry,
  { sellerNick, session, expiresAt, refreshToken }: AuthToken,
  expected: string | undefined,
): Promise<string> {
  if (expected !== undefined && expected !== sellerNick) {
    const message = `the seller who authorised is ${sellerNick}, not ${expected}; nothing was stored`;
    throw configurationError('--shop', message, `to store it all the same: --shop ${sellerNick}`);
  }
  const facts = { expiresAt, refreshToken };
  const isKnown = (await listShops(open, 0)).some((shop) => shop.sellerNick === sellerNick);
  await (isKnown ? setSession(open, sellerNick, session, facts) : addShop(open, sellerNick, session, facts));
  if (expiresAt === undefined) return `${sellerNick} is authorised; the platform does not say for how long\n`;
  const until = expiresAt.slice(0, 16).replace('T', ' ');
  return `${sellerNick} is authorised until ${until}, ${daysUntil(expiresAt, Date.now())} days left\n`;
}
