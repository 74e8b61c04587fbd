import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { AdLine } from '../domain/adLine.ts';
import { fromItem, type Item, toItem } from './items.ts';
import { collect, createTableCommands } from './tableCommands.ts';
import { holdsObservation, isNewerObservation, isSameButEarlier, observedEarlier } from './versions.ts';
import { writeGreatest } from './writeGreatest.ts';

function toLine(item: Item): AdLine {
  const { orderId, line, subOrderId, shop, prodType, statusCode, observedAt, hash, ...rest } = fromItem(item);
  return { ...rest, orderId, line, subOrderId, shop, prodType, statusCode, observedAt, hash };
}

/** Table `adOrders`: every attributed line that was ever seen, key `orderId` and `line`. */
export function createAdOrdersTable(client: DynamoDBClient, tableName: string) {
  const commands = createTableCommands(client, tableName);

  return {
    /** Stores a line iff it is absent, or observed earlier with another hash; replaced whole. */
    async writeLine(line: AdLine): Promise<'written' | 'stale'> {
      const key = { orderId: line.orderId, line: line.line };
      const item = toItem(line);
      const isOurs = (stored: Item | undefined) => holdsObservation(stored, line);
      const result = await writeGreatest(tableName, {
        write: () => commands.put({ key, item, condition: isNewerObservation(line, 'orderId'), isOurs }),
        sawEarlier: (stored) => observedEarlier(stored, line),
        move: () => commands.put({ key, item, condition: isSameButEarlier(line), isOurs }),
      });
      return result.outcome;
    },

    /** All lines of an order (consistent), by sort key. */
    async linesOf(orderId: string): Promise<AdLine[]> {
      const items = commands.query({
        ConsistentRead: true,
        KeyConditionExpression: 'orderId = :orderId',
        ExpressionAttributeValues: { ':orderId': { S: orderId } },
      });
      return await collect(items, toLine);
    },

    /** Every line, in no order. */
    async *scan(): AsyncGenerator<AdLine> {
      for await (const item of commands.scan()) yield toLine(item);
    },
  };
}

export type AdOrdersTable = ReturnType<typeof createAdOrdersTable>;
