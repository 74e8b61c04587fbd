import { randomUUID } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { CarferryError } from '../core/errors.ts';
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

const sessionRowSchema = z.lazy(() =>
  z.object({
    shop: z.string(),
    sessionHash: z.string(),
    setAt: z.string().optional(),
    expiresAt: z.string().optional(),
    renewedAt: z.string().optional(),
    warned: z.string().optional(),
  }),
);

/** What is known of the session a shop works with; never the session itself. Times: ISO. */
export type SessionRow = {
  readonly shop: string;
  readonly sessionHash: string;
  /** When it was set; a process that still has an older one does not overwrite this row. */
  readonly setAt?: string | undefined;
  readonly expiresAt?: string | undefined;
  /** When it was first seen in place of another. */
  readonly renewedAt?: string | undefined;
  /** Names the last warning of its end. */
  readonly warned?: string | undefined;
};

/** Partition of all session rows: sorted by shop, read by one query. */
const SESSIONS = '#sessions';

function toSession(item: Item): SessionRow {
  const { shop: _partition, row: shop, ...rest } = fromItem(item);
  const parsed = sessionRowSchema.safeParse({ ...rest, shop });
  if (parsed.success) return parsed.data;
  throw new CarferryError({
    disposition: 'park',
    reason: 'unreadable-row',
    message: 'a row of table shops cannot be read',
    field: `${SESSIONS} ${String(parsed.error.issues[0]?.path[0] ?? '')}`,
    hint: 'carferry shops set-session writes it anew',
  });
}

function toHalt(item: Item): Halt {
  const { shop, method, sessionHash, reason, since } = fromItem(item);
  return { shop, method, sessionHash, reason, since };
}

/** Table `shops`: halts of a shop, one row per method; what is known of the shops' sessions. */
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

    /**
     * The sessions of all shops (consistent).
     * @throws CarferryError `park`, `unreadable-row`
     */
    async sessions(): Promise<SessionRow[]> {
      const items = commands.query({
        ConsistentRead: true,
        KeyConditionExpression: 'shop = :sessions',
        ExpressionAttributeValues: { ':sessions': { S: SESSIONS } },
      });
      return await collect(items, toSession);
    },

    /** Replaces the row that was seen (`undefined`: none); `stale` when another process came first. */
    async noteSession(next: SessionRow, seen: SessionRow | undefined): Promise<'written' | 'stale'> {
      const key = { shop: SESSIONS, row: next.shop };
      // Two processes may want to write the same; only one of them has written it, and warns.
      const writer = randomUUID();
      const result = await commands.put({
        key,
        item: toItem({ ...next, ...key, writer }),
        isOurs: (stored) => stored?.['writer']?.S === writer,
        condition: ({ name, value }) => {
          if (seen === undefined) return `attribute_not_exists(${name('shop')})`;
          const as = (field: 'sessionHash' | 'warned') => {
            const was = seen[field];
            return was === undefined
              ? `attribute_not_exists(${name(field)})`
              : `${name(field)} = ${value(was)}`;
          };
          return `${as('sessionHash')} AND ${as('warned')}`;
        },
      });
      return result.outcome;
    },

    /** The shop is no longer worked for. */
    async forgetSession(shop: string): Promise<void> {
      await commands.remove({ key: { shop: SESSIONS, row: shop } });
    },
  };
}

export type ShopsTable = ReturnType<typeof createShopsTable>;
