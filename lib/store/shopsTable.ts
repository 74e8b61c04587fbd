import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { fromItem, type Item, toItem } from './items.ts';
import { collect, createTableCommands } from './tableCommands.ts';
import { isStoredAs } from './versions.ts';

/** One (shop, method, session) that waits for re-authorisation. */
export type Halt = {
  readonly shop: string;
  readonly method: string;
  /** Fingerprint of the session that was refused; another session is a new chance. */
  readonly sessionHash: string;
  readonly reason: string;
  /** When it was refused last; ISO `+08:00`. */
  readonly since: string;
};

const HALT_ROW = 'halt#';

function toHalt(item: Item): Halt {
  const { shop, method, sessionHash, reason, since } = fromItem(item);
  return { shop, method, sessionHash, reason, since };
}

/** Table `shops`: halts of a shop, one row per method. */
export function createShopsTable(client: DynamoDBClient, tableName: string) {
  const commands = createTableCommands(client, tableName);

  return {
    /** Notes a halt; a newer one of the same method replaces it. */
    async halt(halt: Halt): Promise<void> {
      const key = { shop: halt.shop, row: `${HALT_ROW}${halt.method}` };
      const item = toItem({ ...halt, ...key });
      const isOurs = (stored: Item | undefined) => stored !== undefined && isStoredAs(toHalt(stored), halt);
      await commands.put({ key, item, isOurs });
    },

    /** Halts of a shop (consistent). */
    async halts(shop: string): Promise<Halt[]> {
      const items = commands.query({
        ConsistentRead: true,
        KeyConditionExpression: 'shop = :shop AND begins_with(#row, :halt)',
        ExpressionAttributeNames: { '#row': 'row' },
        ExpressionAttributeValues: { ':shop': { S: shop }, ':halt': { S: HALT_ROW } },
      });
      return await collect(items, toHalt);
    },

    /** Lifts a halt; with `sessionHash` only when it is still the halt of that session. */
    async clear(shop: string, method: string, sessionHash?: string): Promise<void> {
      await commands.remove({
        key: { shop, row: `${HALT_ROW}${method}` },
        condition:
          sessionHash === undefined
            ? undefined
            : ({ name, value }) => `${name('sessionHash')} = ${value(sessionHash)}`,
      });
    },
  };
}

export type ShopsTable = ReturnType<typeof createShopsTable>;
