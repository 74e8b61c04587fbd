import { chinaDate, toEpochMs } from '../domain/chinaTime.ts';
import { collect, type TableCommands } from './tableCommands.ts';

/** What decides whether a trade of a page is already here and done. */
export type StoredVersion = { readonly modifiedAt: string; readonly hash: string; readonly owes: boolean };

const DAY_MS = 86_400_000;

/** What is asked of the indexes of table `orders`; they are a moment behind the table. */
export function createOrdersIndexes(commands: Pick<TableCommands, 'query'>) {
  return {
    /** Versions of a shop's orders created in `[from, to)`, for telling changed trades from known ones. */
    async versionsOf(shop: string, fromIso: string, toIso: string): Promise<Map<string, StoredVersion>> {
      const versions = new Map<string, StoredVersion>();
      const last = chinaDate(toIso);
      for (let day = chinaDate(fromIso); day <= last; day = nextDay(day)) {
        const items = commands.query({
          IndexName: 'byShopDay',
          KeyConditionExpression: 'shopDay = :day AND createdAtOrderId BETWEEN :from AND :to',
          ExpressionAttributeValues: {
            ':day': { S: `${shop}#${day}` },
            ':from': { S: fromIso.replace(/\.\d+/, '') },
            ':to': { S: toIso },
          },
        });
        for await (const item of items) {
          const [orderId, modifiedAt, hash] = [item['orderId'], item['tradeModifiedAt'], item['hash']];
          if (orderId?.S === undefined || modifiedAt?.S === undefined || hash?.S === undefined) continue;
          versions.set(orderId.S, {
            modifiedAt: modifiedAt.S,
            hash: hash.S,
            owes: item['owes'] !== undefined,
          });
        }
      }
      return versions;
    },

    /** Ids of the orders with this blind index; from an index, so a moment behind. */
    async idsByPhone(phoneIndex: string): Promise<string[]> {
      const items = commands.query({
        IndexName: 'byPhone',
        KeyConditionExpression: 'phoneIndex = :phone',
        ExpressionAttributeValues: { ':phone': { S: phoneIndex } },
      });
      return await collect(items, (item) => item['orderId']?.S ?? '');
    },
  };
}

function nextDay(day: string): string {
  return chinaDate(toEpochMs(`${day}T00:00:00+08:00`) + DAY_MS);
}
