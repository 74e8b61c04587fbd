import { hash32 } from './random.ts';
import type { SampleShop } from './samples/sampleShop.ts';
import type { World } from './world/world.ts';

/** Credentials of the invented app. They open nothing but a simulator. */
export const invented = {
  appKey: '88000001',
  appSecret: 'invented-secret-of-the-simulator',
  targetAppKey: '88000002',
} as const;

export type ServedShop = { sellerNick: string; session: string; carCids?: readonly string[] };

/** Everything that can be asked about: the generated world and the shop of published samples. */
export type Realm = { world: World; sample: SampleShop; shops: readonly ServedShop[] };

/** The shop of a first session, or of one that has replaced it (by seller). */
export function shopOfSession(
  realm: Realm,
  session: string,
  renewed: Readonly<Record<string, string>> = {},
): ServedShop | undefined {
  return realm.shops.find((shop) => shop.session === session || renewed[shop.sellerNick] === session);
}

export function shopOfNick(realm: Realm, sellerNick: string): ServedShop | undefined {
  return realm.shops.find((shop) => shop.sellerNick === sellerNick);
}

/** Session of the sample shop; like the others it belongs to one seed. */
export function sampleSession(seed: string): string {
  return `simulator-invented-session-sample-${hash32(`${seed}/sample`).toString(36)}`;
}
