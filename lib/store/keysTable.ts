import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type Item, toItem } from './items.ts';
import { createTableCommands } from './tableCommands.ts';

/** The key of an entity as stored; `erasedAt` (ISO) makes it a tombstone, which stays for good. */
export type StoredKey = {
  readonly wrapped?: string | undefined;
  readonly erasedAt?: string | undefined;
};

/** Why and when, without a word of the reason itself. */
export type Tombstone = { readonly erasedAt: string; readonly reasonHash: string };

function toStored(item: Item): StoredKey {
  return { wrapped: item['wrapped']?.S, erasedAt: item['erasedAt']?.S };
}

/**
 * Table `keys`: the wrapped data key of each order, pushed lead or parked record, the branch keys they are wrapped
 * under, and the tombstones of erased ones. `wrapped` is the key provider's own text; the table never reads it.
 */
export function createKeysTable(client: DynamoDBClient, tableName: string) {
  const commands = createTableCommands(client, tableName);

  return {
    /** The key row of an entity (consistent); absent when no key was ever made. */
    async read(entityId: string): Promise<StoredKey | undefined> {
      const item = await commands.read({ entityId });
      return item && toStored(item);
    },

    /** Stores a new key unless the entity has a row already; answers the stored one, whoever made it. */
    async create(entityId: string, wrapped: string): Promise<StoredKey> {
      const result = await commands.put({
        key: { entityId },
        item: toItem({ entityId, wrapped }),
        condition: ({ name }) => `attribute_not_exists(${name('entityId')})`,
        isOurs: (stored) => stored?.['wrapped']?.S === wrapped,
      });
      return result.item === undefined ? { wrapped } : toStored(result.item);
    },

    /** Replaces a text that is still as it was read, of an entity that was not erased; `was` absent: makes the row. */
    async replace(entityId: string, was: string | undefined, wrapped: string): Promise<'written' | 'stale'> {
      const result = await commands.update({
        key: { entityId },
        condition: ({ name, value }) =>
          was === undefined
            ? `attribute_not_exists(${name('entityId')})`
            : `${name('wrapped')} = ${value(was)} AND attribute_not_exists(${name('erasedAt')})`,
        isOurs: (stored) => stored?.['wrapped']?.S === wrapped,
        changes: { set: { wrapped } },
      });
      return result.outcome;
    },

    /**
     * Marks the entity as erased, whether or not it ever had a key; from then on nobody is given one. An earlier
     * tombstone stays as it is and is answered.
     */
    async entomb(entityId: string, tombstone: Tombstone): Promise<string> {
      const result = await commands.update({
        key: { entityId },
        isOurs: (stored) => stored?.['erasedAt']?.S === tombstone.erasedAt,
        changes: { setOnce: tombstone },
      });
      return result.item?.['erasedAt']?.S ?? tombstone.erasedAt;
    },

    /** Deletes the key of an entity that has a tombstone; the tombstone stays. */
    async shred(entityId: string): Promise<'written' | 'stale'> {
      const result = await commands.update({
        key: { entityId },
        condition: ({ name }) => `attribute_exists(${name('erasedAt')})`,
        isOurs: (stored) => stored?.['erasedAt'] !== undefined && stored['wrapped'] === undefined,
        changes: { set: { wrapped: undefined } },
      });
      return result.outcome;
    },

    /** Every row, in no order. */
    async *scan(): AsyncGenerator<StoredKey & { readonly entityId: string }> {
      for await (const item of commands.scan()) {
        yield { ...toStored(item), entityId: item['entityId']?.S ?? '' };
      }
    },
  };
}

export type KeysTable = ReturnType<typeof createKeysTable>;
