import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Sealed } from '../domain/personal.ts';
import { fromItem, type Item, itemBytes, MAX_RECORD_BYTES, toItem } from './items.ts';
import { EXPIRES_AT, expiryAfter, type Retention } from './retention.ts';
import { createTableCommands } from './tableCommands.ts';

/** A record that can never work as it is, with what a person needs to repair it. */
export type Parked = {
  /** The same for the same record, so that it is not parked twice. */
  readonly quarantineId: string;
  /** TOP method or queue that it came from. */
  readonly source: string;
  readonly shop?: string | undefined;
  readonly orderId?: string | undefined;
  /** Of a queue message: a later version that works takes it out. */
  readonly version?: string | undefined;
  /** Of a row of a listing: what was listed, and the window that showed it, ISO `+08:00`, end exclusive. */
  readonly listedBy?: string | undefined;
  readonly listedFrom?: string | undefined;
  readonly listedTo?: string | undefined;
  /** Of a queue message: how often it had been sent again. */
  readonly hops?: number | undefined;
  readonly reason: string;
  readonly field?: string | undefined;
  readonly expected?: string | undefined;
  readonly hint?: string | undefined;
  readonly firstSeenAt: string;
  readonly lastSeenAt: string;
  readonly times: number;
  readonly payloadSealed?: Sealed | undefined;
  /** True when the payload was too large to be kept. */
  readonly payloadDropped?: boolean | undefined;
};

/** A record as it is parked. */
export type Parking = Omit<Parked, 'firstSeenAt' | 'lastSeenAt' | 'times' | 'payloadDropped'> & {
  readonly seenAt: string;
};

function toParked(item: Item): Parked {
  const record = fromItem(item);
  delete record[EXPIRES_AT];
  const { quarantineId, source, reason, firstSeenAt, lastSeenAt, times, ...rest } = record;
  return { ...rest, quarantineId, source, reason, firstSeenAt, lastSeenAt, times };
}

/** Table `quarantine`: what was parked and is not resolved yet. */
export function createQuarantineTable(client: DynamoDBClient, tableName: string, retention: Retention = {}) {
  const commands = createTableCommands(client, tableName, retention);

  return {
    /** Parks a record; met again it is `known`: counted, and described as it was met last. */
    async park({ quarantineId, seenAt, ...entry }: Parking): Promise<'written' | 'known'> {
      const isTooLarge = itemBytes(toItem(entry)) > MAX_RECORD_BYTES - 1024;
      const kept = isTooLarge ? { ...entry, payloadSealed: undefined, payloadDropped: true } : entry;
      const result = await commands.update({
        key: { quarantineId },
        isOurs: (stored) => stored?.['lastSeenAt']?.S === seenAt,
        changes: {
          set: {
            payloadDropped: undefined,
            ...kept,
            lastSeenAt: seenAt,
            [EXPIRES_AT]: expiryAfter(seenAt, retention),
          },
          setOnce: { firstSeenAt: seenAt },
          add: { times: 1 },
        },
      });
      return result.item?.['times']?.N === '1' ? 'written' : 'known';
    },

    /** One parked record (consistent). */
    async read(quarantineId: string): Promise<Parked | undefined> {
      const item = await commands.read({ quarantineId });
      return item && toParked(item);
    },

    /** Takes a record out, because it worked in the end; nothing happens when it is not there. */
    async resolve(quarantineId: string): Promise<void> {
      await commands.remove({ key: { quarantineId } });
    },

    /** Drops what was received, for its person was erased; the rest stays until somebody takes it out. */
    async dropPayload(quarantineId: string): Promise<void> {
      await commands.update({
        key: { quarantineId },
        condition: ({ name }) => `attribute_exists(${name('quarantineId')})`,
        isOurs: (stored) => stored === undefined || stored['payloadSealed'] === undefined,
        changes: { set: { payloadSealed: undefined } },
      });
    },

    /** Takes a record out that is still as it was seen; `stale`: it was met again meanwhile, and stays. */
    async resolveSeen({
      quarantineId,
      times,
    }: Pick<Parked, 'quarantineId' | 'times'>): Promise<'written' | 'stale'> {
      const result = await commands.remove({
        key: { quarantineId },
        condition: ({ name, value }) => `${name('times')} = ${value(times)}`,
      });
      return result.outcome;
    },

    /** Ids of everything parked from one source (consistent). */
    async idsOf(source: string): Promise<Set<string>> {
      const ids = new Set<string>();
      const items = commands.scan({
        ProjectionExpression: `quarantineId, ${EXPIRES_AT}`,
        FilterExpression: '#source = :source',
        ExpressionAttributeNames: { '#source': 'source' },
        ExpressionAttributeValues: { ':source': { S: source } },
      });
      for await (const { quarantineId } of items) if (quarantineId?.S !== undefined) ids.add(quarantineId.S);
      return ids;
    },

    /** Every parked record, in no order. */
    async *list(): AsyncGenerator<Parked> {
      for await (const item of commands.scan()) yield toParked(item);
    },

    /** How many records are parked. */
    async count(): Promise<number> {
      let count = 0;
      for await (const _ of commands.scan({ ProjectionExpression: `quarantineId, ${EXPIRES_AT}` }))
        count += 1;
      return count;
    },
  };
}

export type QuarantineTable = ReturnType<typeof createQuarantineTable>;
