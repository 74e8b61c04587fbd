import { isDeepStrictEqual } from 'node:util';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { AdLine } from '../domain/adLine.ts';
import { withoutSealed } from '../domain/withoutSealed.ts';
import { fromItem, type Item, toItem } from './items.ts';
import { EXPIRES_AT, expiryAfter, type Retention } from './retention.ts';
import { collect, createTableCommands } from './tableCommands.ts';
import { holdsObservation, isNewerObservation, isSameButEarlier, observedEarlier } from './versions.ts';
import { writeGreatest } from './writeGreatest.ts';

function toLine(item: Item): AdLine {
  const record = fromItem(item);
  delete record[EXPIRES_AT];
  const { orderId, line, subOrderId, shop, prodType, statusCode, observedAt, hash, ...rest } = record;
  return { ...rest, orderId, line, subOrderId, shop, prodType, statusCode, observedAt, hash };
}

/** Members of a line that may hold something sealed. */
const CLEANED = ['extra', 'unread'] as const;

/** Table `adOrders`: every attributed line that was ever seen, key `orderId` and `line`. */
export function createAdOrdersTable(client: DynamoDBClient, tableName: string, retention: Retention = {}) {
  const commands = createTableCommands(client, tableName, retention);

  async function linesOf(orderId: string): Promise<AdLine[]> {
    const items = commands.query({
      ConsistentRead: true,
      KeyConditionExpression: 'orderId = :orderId',
      ExpressionAttributeValues: { ':orderId': { S: orderId } },
    });
    return await collect(items, toLine);
  }

  return {
    /** Stores a line iff it is absent, or observed earlier with another hash; replaced whole. */
    async writeLine(line: AdLine): Promise<'written' | 'stale'> {
      const key = { orderId: line.orderId, line: line.line };
      const item = toItem({ ...line, [EXPIRES_AT]: expiryAfter(line.observedAt, retention) });
      const isOurs = (stored: Item | undefined) => holdsObservation(stored, line);
      const result = await writeGreatest(tableName, {
        write: () => commands.put({ key, item, condition: isNewerObservation(line, 'orderId'), isOurs }),
        sawEarlier: (stored) => observedEarlier(stored, line),
        move: () => commands.put({ key, item, condition: isSameButEarlier(line), isOurs }),
      });
      return result.outcome;
    },

    /** All lines of an order (consistent), by sort key. */
    linesOf,

    /** Takes what was sealed (unknown fields that looked personal) out of the lines of an order. Repeatable. */
    async erase(orderId: string): Promise<void> {
      for (const line of await linesOf(orderId)) {
        const clean = withoutSealed(line);
        if (isDeepStrictEqual(clean, line)) continue;
        await commands.update({
          key: { orderId, line: line.line },
          condition: ({ name, value }) =>
            `${name('hash')} = ${value(line.hash)} AND ${name('observedAt')} = ${value(line.observedAt)}`,
          isOurs: (stored) => stored !== undefined && isDeepStrictEqual(toLine(stored), clean),
          changes: { set: Object.fromEntries(CLEANED.map((name) => [name, clean[name]])) },
        });
      }
    },

    /** Every line, in no order. */
    async *scan(): AsyncGenerator<AdLine> {
      for await (const item of commands.scan()) yield toLine(item);
    },
  };
}

export type AdOrdersTable = ReturnType<typeof createAdOrdersTable>;
