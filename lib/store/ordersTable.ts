import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { OrderRecord, Step } from '../domain/order.ts';
import type { TradeFacet } from '../domain/tradeFacet.ts';
import { withoutSealed } from '../domain/withoutSealed.ts';
import { type Erasure, eraseItem, isErasedItem, unlessErased } from './erasure.ts';
import {
  bringsPerson,
  type FacetsWrite,
  facetChanges,
  facetsUnchanged,
  holdsFacets,
  withoutPerson,
} from './facetsWrite.ts';
import type { Item } from './items.ts';
import { orderIndexKeys, toOrder } from './orderItem.ts';
import { createOrdersIndexes } from './ordersIndexes.ts';
import { EXPIRES_AT, expiryAfter, type Retention } from './retention.ts';
import { createTableCommands, type WriteResult } from './tableCommands.ts';
import {
  holdsTrade,
  isNewerTrade,
  isSameTradeButEarlier,
  type TradeVersion,
  tradeObservedEarlier,
} from './versions.ts';
import { writeGreatest } from './writeGreatest.ts';

export type { StoredVersion } from './ordersIndexes.ts';

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

const orderErasure: Erasure = {
  version: 'rev',
  changes: (item) => {
    const { trade, car } = toOrder(item);
    return {
      set: { trade: withoutSealed(trade), car: withoutSealed(car), phoneIndex: undefined },
      add: { rev: 1 },
    };
  },
};

/** Table `orders`: one item per order, one attribute per facet. Errors: `storeErrors.ts`. */
export function createOrdersTable(client: DynamoDBClient, tableName: string, retention: Retention = {}) {
  const commands = createTableCommands(client, tableName, retention);

  function settled(result: WriteResult): OrderWriteResult {
    if (result.outcome === 'stale' || result.item === undefined) return { outcome: 'stale' };
    return { outcome: 'written', order: toOrder(result.item) };
  }

  /** `erased`: the trade holds nothing personal, so a tombstone does not matter. */
  function writeVersion(write: TradeWrite, erased = false): Promise<WriteResult> {
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
      [EXPIRES_AT]: expiryAfter(write.observedAt, retention),
    };
    const condition = erased ? isNewerTrade(write) : unlessErased(isNewerTrade(write));
    const changes = { set, setOnce: { firstSeenAt: write.observedAt }, add: { rev: 1 } };
    return writeGreatest(tableName, {
      write: () => commands.update({ key, condition, isOurs, changes }),
      sawEarlier: (stored) => tradeObservedEarlier(stored, write),
      move: () =>
        commands.update({
          key,
          condition: isSameTradeButEarlier(write),
          isOurs,
          changes: { set: { tradeObservedAt: write.observedAt, [EXPIRES_AT]: set[EXPIRES_AT] } },
        }),
    });
  }

  function writeUnderRevs(write: FacetsWrite, erased = false): Promise<WriteResult> {
    const condition = facetsUnchanged(write);
    return commands.update({
      key: { orderId: write.orderId },
      condition: bringsPerson(write) && !erased ? unlessErased(condition) : condition,
      isOurs: (stored) => holdsFacets(stored, write),
      changes: facetChanges(write, expiryAfter(write.firstSeenAt, retention)),
    });
  }

  return {
    ...createOrdersIndexes(commands),

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
      const result = await writeVersion(write);
      if (!isErasedItem(result)) return settled(result);
      // Its business facts go on being kept, its person does not come back.
      return settled(await writeVersion({ ...write, trade: withoutSealed(write.trade) }, true));
    },

    /**
     * Stores facets, each replaced whole, in one write: iff every facet still has the rev that was read
     * before it was made, and the trade is still the given version. Creates the order when it is absent. Of an
     * erased order everything but its person is written.
     */
    async writeFacets(write: FacetsWrite): Promise<OrderWriteResult> {
      const result = await writeUnderRevs(write);
      if (!isErasedItem(result) || !bringsPerson(write)) return settled(result);
      return settled(await writeUnderRevs(withoutPerson(write), true));
    },

    /**
     * Takes every personal value and the blind index out of an order and marks it, for good. Repeatable.
     * @returns the order as it is then; undefined when there is none
     * @throws CarferryError `retry`, `store-contended`
     */
    async erase(orderId: string, erasedAt: string): Promise<OrderRecord | undefined> {
      const item = await eraseItem(tableName, commands, { orderId }, erasedAt, orderErasure);
      return item && toOrder(item);
    },

    /** Replaces what holds indexes of phones, iff the order is as it was read. */
    async reindex(
      { orderId, rev }: Pick<OrderRecord, 'orderId' | 'rev'>,
      next: Pick<OrderRecord, 'trade' | 'car' | 'phoneIndex'>,
    ): Promise<'written' | 'stale'> {
      const { trade, car, phoneIndex } = next;
      const result = await commands.update({
        key: { orderId },
        condition: unlessErased(({ name, value }) => `${name('rev')} = ${value(rev)}`),
        isOurs: (stored) => stored?.['rev']?.N === String(rev + 1) && stored['phoneIndex']?.S === phoneIndex,
        changes: { set: { trade, car, phoneIndex }, add: { rev: 1 } },
      });
      return result.outcome;
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

    /** Every order, in no order. */
    async *scan(): AsyncGenerator<OrderRecord> {
      for await (const item of commands.scan()) yield toOrder(item);
    },
  };
}

export type OrdersTable = ReturnType<typeof createOrdersTable>;
