import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toIso } from '../../lib/domain/chinaTime.ts';
import {
  type FolderShop,
  readShopsFolder,
  shopFile,
  writeShopFile,
} from '../../lib/lambda/sessionsFolder.ts';
import type { ShopRegistry } from './shopRegistry.ts';

/** Shops of a data folder, over those of `CARFERRY_SHOPS`. */
export function createFolderRegistry(folder: string, masterKey: Uint8Array): ShopRegistry {
  const shops = () => readShopsFolder(folder, masterKey).flatMap((shop) => ('entry' in shop ? [shop] : []));

  function write(sellerNick: string, shop: FolderShop): void {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const file = join(folder, shopFile(sellerNick));
    const fresh = `${file}.${process.pid}.new`;
    writeFileSync(fresh, writeShopFile(shop, masterKey), { mode: 0o600 });
    renameSync(fresh, file);
  }

  return {
    takenUp: 'a running system takes it up within a minute',
    list: async () => shops().map(({ entry }) => entry),
    secretOf: async (nick) => shops().find(({ entry }) => entry.sellerNick === nick)?.secret,
    put: async (entry, secret) => write(entry.sellerNick, { entry, secret }),
    remove: async (sellerNick) => write(sellerNick, { sellerNick, removedAt: toIso(Date.now()) }),
  };
}
