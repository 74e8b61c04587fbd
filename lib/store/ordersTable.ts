import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { chinaDate, toEpochMs } from '../domain/chinaTime.ts';
import type { OrderRecord, Step } from '../domain/order.ts';
import type { TradeFacet } from '../domain/tradeFacet.ts';
import { type FacetsWrite, facetChanges, facetsUnchanged, holdsFacets } from './facetsWrite.ts';
import type { Item } from './items.ts';
import { orderIndexKeys, toOrder } from './orderItem.ts';
import { createTableCommands, type WriteResult } from './tableCommands.ts';
import {
  holdsTrade,
  isNewerTrade,
  isSameTradeButEarlier,
  type TradeVersion,
  tradeObservedEarlier,
} from './versions.ts';
import { writeGreatest } from './writeGreatest.ts';

/** A trade as it was observed, and the steps that its version owes. */
export type TradeWrite = TradeVersion & {
  readonly orderId: string;
  readonly shop: string;
  readonly createdAt: string;
  readonly status?: string | undefined;
  readonly trade: TradeFacet;
  readonly owes: readonly Step[];
};

/** `order` is the order as stored after the write, including what others wrote to it. */
export type OrderWriteResult =
  | { readonly outcome: 'written'; readonly order: OrderRecord }
  | { readonly outcome: 'stale' };

/** What decides whether a trade of a page is already here and done. */
export type StoredVersion = { readonly modifiedAt: string; readonly hash: string; readonly owes: boolean };

const DAY_MS = 86_400_000;

/** Table `orders`: one item per order, one attribute per facet. Errors: `storeErrors.ts`. */
export function createOrdersTable(client: DynamoDBClient, tableName: string) {
  const commands = createTableCommands(client, tableName);

  function settled(result: WriteResult): OrderWriteResult {
    if (result.outcome === 'stale' || result.item === undefined) return { outcome: 'stale' };
    return { outcome: 'written', order: toOrder(result.item) };
  }

  return {
    /** The order as last written (consistent). */
    async read(orderId: string): Promise<OrderRecord | undefined> {
      const item = await commands.read({ orderId });
      return item && toOrder(item);
    },

    /**
     * Stores a trade iff it is newer than the stored one: no trade yet, or `modified` older, or `modified`
     * equal with another hash and observed earlier. The very same observation again is `written`, changing
     * nothing; the same content observed later only moves `tradeObservedAt` and is `stale`.
     *
     * @throws CarferryError `park` `record-too-large`; `retry` `store-unavailable`.
     */
    async writeTrade(write: TradeWrite): Promise<OrderWriteResult> {
      const key = { orderId: write.orderId };
      const isOurs = (stored: Item | undefined) => holdsTrade(stored, write);
      const set = {
        ...orderIndexKeys(write.shop, write.createdAt, write.orderId),
        shop: write.shop,
        createdAt: write.createdAt,
        status: write.status,
        trade: write.trade,
        tradeModifiedAt: write.modifiedAt,
        tradeObservedAt: write.observedAt,
        hash: write.hash,
        owes: write.owes.length > 0 ? new Set(write.owes) : undefined,
      };
      const changes = { set, setOnce: { firstSeenAt: write.observedAt }, add: { rev: 1 } };
      const result = await writeGreatest(tableName, {
        write: () => commands.update({ key, condition: isNewerTrade(write), isOurs, changes }),
        sawEarlier: (stored) => tradeObservedEarlier(stored, write),
        move: () =>
          commands.update({
            key,
            condition: isSameTradeButEarlier(write),
            isOurs,
            changes: { set: { tradeObservedAt: write.observedAt } },
          }),
      });
      return settled(result);
    },

    /**
     * Stores facets, each replaced whole, in one write: iff every facet still has the rev that was read
     * before it was made, and the trade is still the given version. Creates the order when it is absent.
     */
    async writeFacets(write: FacetsWrite): Promise<OrderWriteResult> {
      const result = await commands.update({
        key: { orderId: write.orderId },
        condition: facetsUnchanged(write),
        isOurs: (stored) => holdsFacets(stored, write),
        changes: facetChanges(write),
      });
      return settled(result);
    },

    /**
     * Takes the hash of a stored trade away, iff the order is still the one that was seen: from then on no
     * comparison finds it up to date, and the next message with its trade writes the trade anew, owing every step.
     */
    async distrust({
      orderId,
      rev,
      hash,
    }: Pick<OrderRecord, 'orderId' | 'rev' | 'hash'>): Promise<'written' | 'stale'> {
      const result = await commands.update({
        key: { orderId },
        condition: ({ name, value }) =>
          [
            rev === undefined ? `attribute_not_exists(${name('rev')})` : `${name('rev')} = ${value(rev)}`,
            hash === undefined ? `attribute_not_exists(${name('hash')})` : `${name('hash')} = ${value(hash)}`,
            `attribute_exists(${name('orderId')})`,
          ].join(' AND '),
        isOurs: (stored) => stored !== undefined && stored['hash'] === undefined,
        changes: { set: { hash: undefined } },
      });
      return result.outcome;
    },

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

    /** Every order, in no order. */
    async *scan(): AsyncGenerator<OrderRecord> {
      for await (const item of commands.scan()) yield toOrder(item);
    },
  };
}

export type OrdersTable = ReturnType<typeof createOrdersTable>;

function nextDay(day: string): string {
  return chinaDate(toEpochMs(`${day}T00:00:00+08:00`) + DAY_MS);
}
