import type { NodeMap } from './json.ts';
import type { QuirkMemory } from './quirkRows.ts';
import type { Quirks } from './quirks.ts';
import type { Realm, ServedShop } from './realm.ts';

/** One verified call. `at` is the moment of the world it sees (epoch ms). */
export type Call = {
  params: ReadonlyMap<string, string>;
  realm: Realm;
  at: number;
  /** The shop of the session, for methods that need one. */
  shop: ServedShop | undefined;
  quirks: Quirks;
  memory: QuirkMemory;
};

export type Method = {
  name: string;
  router: 'rest' | 'qm';
  session: boolean;
  /** The members inside the reply's root; throws GatewayFailure. */
  answer(call: Call): NodeMap;
};
