import type { ShopEntry, ShopSecret } from '../../lib/lambda/secretsDocuments.ts';

/** The shops that commands have set: files of a data folder, or secrets of a stage. */
export type ShopRegistry = {
  list(): Promise<ShopEntry[]>;
  secretOf(sellerNick: string): Promise<ShopSecret | undefined>;
  put(entry: ShopEntry, secret: ShopSecret): Promise<void>;
  remove(sellerNick: string): Promise<void>;
  /** When what runs takes a change up, in words. */
  readonly takenUp: string;
};
