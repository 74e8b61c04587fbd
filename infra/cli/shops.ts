import { configurationError } from '../../lib/core/errors.ts';
import { toIso } from '../../lib/domain/chinaTime.ts';
import type { ShopEntry } from '../../lib/lambda/secretsDocuments.ts';
import { sessionFingerprint } from '../../lib/store/halts.ts';
import { daysUntil } from '../../lib/store/sessionsLeft.ts';
import type { OpenRegistry } from './openRegistry.ts';

/** What may be said of a shop besides its session. */
export type ShopFacts = {
  readonly types?: string[] | undefined;
  readonly carCids?: string[] | undefined;
  /** ISO. */
  readonly expiresAt?: string | undefined;
  readonly refreshToken?: string | undefined;
};

/** A shop as `shops list` shows it. */
export type ListedShop = {
  readonly sellerNick: string;
  /** Where its session comes from. */
  readonly from: 'shops' | 'CARFERRY_SHOPS';
  readonly setAt?: string | undefined;
  readonly expiresAt?: string | undefined;
  readonly daysLeft?: number | undefined;
};

const COMMAND = 'npm run -s carferry -- shops';

/** Every shop that the registry, the environment or the tables name. */
export async function listShops(
  { registry, given, working }: OpenRegistry,
  now: number,
): Promise<ListedShop[]> {
  const listed = new Map<string, ListedShop>();
  for (const { shop, expiresAt } of working)
    listed.set(shop, { sellerNick: shop, from: 'CARFERRY_SHOPS', expiresAt });
  for (const { sellerNick, setAt, expiresAt } of given) {
    listed.set(sellerNick, { sellerNick, from: 'CARFERRY_SHOPS', setAt, expiresAt });
  }
  for (const { sellerNick, setAt, expiresAt } of await registry.list()) {
    listed.set(sellerNick, { sellerNick, from: 'shops', setAt, expiresAt });
  }
  return [...listed.values()]
    .map((shop) => ({
      ...shop,
      daysLeft: shop.expiresAt === undefined ? undefined : daysUntil(shop.expiresAt, now),
    }))
    .sort((a, b) => (a.sellerNick < b.sellerNick ? -1 : 1));
}

/** @throws CarferryError `configuration` for a shop that is there already, or a session that has ended */
export async function addShop(
  open: OpenRegistry,
  nick: string,
  session: string,
  facts: ShopFacts,
): Promise<void> {
  const sellerNick = named(nick);
  if ((await open.registry.list()).some((entry) => entry.sellerNick === sellerNick)) {
    const hint = `${COMMAND} set-session ${sellerNick} ${open.flags}`;
    throw configurationError('SHOP', `shop ${sellerNick} is there already`, hint);
  }
  await put(open, { sellerNick }, session, facts);
}

/**
 * Replaces the session of a shop; its types and categories stay.
 * @throws CarferryError `configuration` for an unknown shop, or a session that has ended
 */
export async function setSession(
  open: OpenRegistry,
  nick: string,
  session: string,
  facts: Pick<ShopFacts, 'expiresAt' | 'refreshToken'>,
): Promise<void> {
  const sellerNick = named(nick);
  const present = (await open.registry.list()).find((entry) => entry.sellerNick === sellerNick);
  if (present === undefined) await refuseUnknown(open, sellerNick);
  await put(open, { ...present, sellerNick }, session, facts);
}

/** @throws CarferryError `configuration` for an unknown shop, or the only one of a stage */
export async function removeShop(open: OpenRegistry, nick: string): Promise<void> {
  const sellerNick = named(nick);
  await refuseUnknown(open, sellerNick);
  await open.registry.remove(sellerNick);
  await open.forget(sellerNick);
}

async function refuseUnknown(open: OpenRegistry, sellerNick: string): Promise<void> {
  const known = await listShops(open, 0);
  if (known.some((shop) => shop.sellerNick === sellerNick)) return;
  const names = known.map((shop) => shop.sellerNick).join(', ') || 'none';
  const hint = `known: ${names}; a new one: ${COMMAND} add ${sellerNick} ${open.flags}`;
  throw configurationError('SHOP', `there is no shop ${sellerNick}`, hint);
}

async function put(
  { registry }: OpenRegistry,
  shop: Partial<ShopEntry> & Pick<ShopEntry, 'sellerNick'>,
  session: string,
  { refreshToken, expiresAt, types = shop.types, carCids = shop.carCids }: ShopFacts,
): Promise<void> {
  const now = Date.now();
  if (expiresAt !== undefined && Date.parse(expiresAt) <= now) {
    const hint = 'authorise the app again: npm run -s carferry -- authorize';
    throw configurationError('--expires', `this session ended ${expiresAt}`, hint);
  }
  await registry.put(
    {
      sellerNick: shop.sellerNick,
      ...(types !== undefined && { types }),
      ...(carCids !== undefined && { carCids }),
      setAt: toIso(now),
      ...(expiresAt !== undefined && { expiresAt }),
      sessionHash: sessionFingerprint(session),
    },
    { session, ...(refreshToken !== undefined && { refreshToken }) },
  );
}

function named(nick: string): string {
  const sellerNick = nick.trim();
  const isName = sellerNick.length > 0 && sellerNick.length <= 64 && !/[\p{Cc}\p{Cf}]/u.test(sellerNick);
  if (isName) return sellerNick;
  throw configurationError('SHOP', 'a shop is named by the nick of its seller, 1 to 64 characters');
}
