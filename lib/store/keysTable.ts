import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { toItem } from './items.ts';
import { createTableCommands } from './tableCommands.ts';

/**
 * Table `keys`: the wrapped data key of each order, pushed lead or parked record. `wrapped` is the key
 * provider's own text; the table neither reads nor changes it.
 */
export function createKeysTable(client: DynamoDBClient, tableName: string) {
  const commands = createTableCommands(client, tableName);

  return {
    /** The wrapped key of an entity (consistent); absent when it was never made, or erased. */
    async read(entityId: string): Promise<string | undefined> {
      const item = await commands.read({ entityId });
      return item?.['wrapped']?.S;
    },

    /** Stores a new key unless the entity has one already; answers the stored one, whoever made it. */
    async create(entityId: string, wrapped: string): Promise<string> {
      const result = await commands.put({
        key: { entityId },
        item: toItem({ entityId, wrapped }),
        condition: ({ name }) => `attribute_not_exists(${name('entityId')})`,
        isOurs: (stored) => stored?.['wrapped']?.S === wrapped,
      });
      return result.item?.['wrapped']?.S ?? wrapped;
    },
  };
}

export type KeysTable = ReturnType<typeof createKeysTable>;
