import { configurationError } from '../../lib/core/errors.ts';
import { sessionsDocumentSchema, shopsDocumentSchema } from '../../lib/lambda/secretsDocuments.ts';
import type { ShopRegistry } from './shopRegistry.ts';
import type { openStageSecrets } from './stageSecrets.ts';

/**
 * Shops of a stage in two secrets: `shops`, which every function with sellers reads, and `sessions`, which only callers
 * of TOP may read. A session is written before its shop and removed after it, so that no reader misses one.
 */
export function createStageRegistry({
  secret,
}: Pick<ReturnType<typeof openStageSecrets>, 'secret'>): ShopRegistry {
  const shops = secret('shops', shopsDocumentSchema);
  const sessions = secret('sessions', sessionsDocumentSchema);
  const others = (nick: string) => (shop: { readonly sellerNick: string }) => shop.sellerNick !== nick;
  return {
    takenUp: 'functions take it up within five minutes',
    list: async () => (await shops.read())?.shops ?? [],
    secretOf: async (nick) => {
      const document = await sessions.read();
      return document !== undefined && Object.hasOwn(document.sessions, nick)
        ? document.sessions[nick]
        : undefined;
    },
    async put(entry, secretOfShop) {
      const { sellerNick } = entry;
      await sessions.change((present) => ({
        v: 1,
        sessions: { ...present?.sessions, [sellerNick]: secretOfShop },
      }));
      await shops.change((present) => ({
        v: 1,
        shops: [...(present?.shops ?? []).filter(others(sellerNick)), entry],
      }));
    },
    async remove(sellerNick) {
      await shops.change((present) => {
        const kept = (present?.shops ?? []).filter(others(sellerNick));
        if (kept.length === 0) throw lastShop(sellerNick);
        return { v: 1, shops: kept };
      });
      await sessions.change((present) => {
        const { [sellerNick]: _gone, ...kept } = present?.sessions ?? {};
        return { v: 1, sessions: kept };
      });
    },
  };
}

function lastShop(sellerNick: string): Error {
  return configurationError(
    'SHOP',
    `${sellerNick} is the only shop of this stage`,
    'add another one first, or remove the stage',
  );
}
