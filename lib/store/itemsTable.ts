import { BatchGetItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type Clock, systemClock } from '../core/clock.ts';
import { CarferryError } from '../core/errors.ts';
import type { ItemSummary } from '../domain/itemFacet.ts';
import { fromItem, type Item, toItem } from './items.ts';
import { toStoreError } from './storeErrors.ts';
import { type Condition, createTableCommands } from './tableCommands.ts';

/** DynamoDB's limit of one BatchGetItem. */
const BATCH = 100;
/** How often keys that a reply left unprocessed are asked for again. */
const MAX_ROUNDS = 6;

function toSummary(item: Item): ItemSummary {
  const { itemId, observedAt, ...rest } = fromItem(item);
  return { ...rest, itemId, observedAt };
}

/** Table `items`: what TOP said of an item, or that it does not know it; a cache shared by all orders. */
export function createItemsTable(client: DynamoDBClient, tableName: string, clock: Clock = systemClock) {
  const commands = createTableCommands(client, tableName);

  async function readBatch(ids: readonly string[], found: Map<string, ItemSummary>): Promise<void> {
    let keys = ids.map((itemId) => toItem({ itemId }));
    for (let round = 0; keys.length > 0; round += 1) {
      if (round === MAX_ROUNDS) throw stillUnprocessed(tableName);
      if (round > 0) await clock.sleep(Math.random() * 50 * 2 ** round);
      const reply = await client
        .send(new BatchGetItemCommand({ RequestItems: { [tableName]: { Keys: keys } } }))
        .catch((thrown: unknown) => {
          throw toStoreError(thrown, tableName);
        });
      for (const item of reply.Responses?.[tableName] ?? []) {
        const summary = toSummary(item);
        found.set(summary.itemId, summary);
      }
      keys = reply.UnprocessedKeys?.[tableName]?.Keys ?? [];
    }
  }

  return {
    /** The known ones of `ids`, by id; any number of ids, doubles allowed. */
    async readMany(ids: readonly string[]): Promise<Map<string, ItemSummary>> {
      const found = new Map<string, ItemSummary>();
      const distinct = [...new Set(ids)];
      for (let start = 0; start < distinct.length; start += BATCH) {
        await readBatch(distinct.slice(start, start + BATCH), found);
      }
      return found;
    },

    /** Stores an item iff it is absent or was observed earlier; replaced whole. */
    async write(summary: ItemSummary): Promise<'written' | 'stale'> {
      const isNewer: Condition = ({ name, value }) =>
        `attribute_not_exists(${name('itemId')}) OR ${name('observedAt')} < ${value(summary.observedAt)}`;
      const result = await commands.put({
        key: { itemId: summary.itemId },
        item: toItem(summary),
        condition: isNewer,
        isOurs: (stored) => stored?.['observedAt']?.S === summary.observedAt,
      });
      return result.outcome;
    },

    /** Every item, in no order. */
    async *scan(): AsyncGenerator<ItemSummary> {
      for await (const item of commands.scan()) yield toSummary(item);
    },
  };
}

export type ItemsTable = ReturnType<typeof createItemsTable>;

function stillUnprocessed(table: string): CarferryError {
  return new CarferryError({
    disposition: 'retry',
    reason: 'store-unavailable',
    message: `table ${table}: keys stayed unprocessed after ${MAX_ROUNDS} rounds`,
    details: { table },
  });
}
