import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type Log, silentLog } from '../core/log.ts';
import { toIso } from '../domain/chinaTime.ts';
import {
  DUE_REASONS,
  DUE_VERSION,
  type Due,
  type DueReason,
  REFUSED_DUE_HINT,
  type RefusedDue,
  readDue,
} from './dueRow.ts';
import { type Item, toItem } from './items.ts';
import { type Condition, createTableCommands } from './tableCommands.ts';

export type { Due, DueReason, RefusedDue } from './dueRow.ts';

/** Index partitions per reason: one partition takes 1,000 writes a second. */
const BUCKETS = 4;

function bucketOf(reason: DueReason, orderId: string): string {
  // The last two digits of an order id belong to the buyer, those before spread evenly; FNV-1a takes all.
  let hash = 0x811c9dc5;
  for (let index = 0; index < orderId.length; index += 1) {
    hash = Math.imul(hash ^ orderId.charCodeAt(index), 0x01000193) >>> 0;
  }
  return `${reason}#${hash % BUCKETS}`;
}

/** `bucket` is a reserved word. */
const BUCKET_NAME = { '#bucket': 'bucket' };

function bucketsOf(reasons: readonly DueReason[]): string[] {
  return reasons.flatMap((reason) => Array.from({ length: BUCKETS }, (_, n) => `${reason}#${n}`));
}

/** The due is exactly the one that was seen; a newer one must not be lost with it. */
function isAsSeen(seen: Due): Condition {
  return ({ name, value }) =>
    `${name('dueAt')} = ${value(seen.dueAt)} AND ${name('attempts')} = ${value(seen.attempts)}`;
}

function holds(stored: Item | undefined, due: Pick<Due, 'dueAt' | 'attempts'>): boolean {
  return stored?.['dueAt']?.S === due.dueAt && stored['attempts']?.N === String(due.attempts);
}

/**
 * Table `dues`: what is to be done later; key order and reason, index `byTime` by bucket and time. A row that
 * cannot be read is left alone and told to the log as an error, each time it is met.
 */
export function createDuesTable(client: DynamoDBClient, tableName: string, log: Log = silentLog) {
  const commands = createTableCommands(client, tableName);
  const keyOf = ({ orderId, reason }: Pick<Due, 'orderId' | 'reason'>) => ({ orderId, reason });

  function toDue(item: Item): Due | undefined {
    const read = readDue(item);
    if ('due' in read) return read.due;
    const { orderId, refusal, field } = read.refused;
    log.error('due-refused', { table: tableName, orderId, reason: refusal, field, hint: REFUSED_DUE_HINT });
    return undefined;
  }

  /** Answers how many dues of a bucket the key condition meets. */
  async function countIn(bucket: string, comparison: '<=' | '>', at: string): Promise<number> {
    let count = 0;
    const items = commands.query({
      IndexName: 'byTime',
      ExpressionAttributeNames: BUCKET_NAME,
      KeyConditionExpression: `#bucket = :bucket AND dueAt ${comparison} :at`,
      ProjectionExpression: 'orderId',
      ExpressionAttributeValues: { ':bucket': { S: bucket }, ':at': { S: at } },
    });
    for await (const _ of items) count += 1;
    return count;
  }

  async function first(bucket: string, condition: string, at: string, limit: number): Promise<Due[]> {
    const dues: Due[] = [];
    const items = commands.query({
      IndexName: 'byTime',
      ExpressionAttributeNames: BUCKET_NAME,
      KeyConditionExpression: `#bucket = :bucket AND ${condition}`,
      ExpressionAttributeValues: { ':bucket': { S: bucket }, ':at': { S: at } },
      Limit: limit,
    });
    for await (const item of items) {
      const due = toDue(item);
      if (due !== undefined) dues.push(due);
      if (dues.length >= limit) break;
    }
    return dues;
  }

  return {
    /**
     * Notes a due. It replaces an earlier one of the same reason whole, so its schedule begins anew, and whoever
     * still holds the earlier one can neither move nor remove it.
     */
    async put(due: Due): Promise<'written'> {
      const { orderId, reason, dueAt, shop, attempts, firstDueAt = dueAt, steps = [] } = due;
      await commands.update({
        key: keyOf(due),
        isOurs: (stored) => holds(stored, due),
        changes: {
          set: {
            v: DUE_VERSION,
            bucket: bucketOf(reason, orderId),
            dueAt,
            shop,
            attempts,
            firstDueAt,
            steps: steps.length > 0 ? new Set(steps) : undefined,
          },
        },
      });
      return 'written';
    },

    /** The earliest `limit` dues of these reasons at `now` (epoch ms), from an index, so a moment behind. */
    async due(reasons: readonly DueReason[], now: number, limit: number): Promise<Due[]> {
      const buckets = bucketsOf(reasons).map((bucket) => first(bucket, 'dueAt <= :at', toIso(now), limit));
      const dues = (await Promise.all(buckets)).flat();
      return dues.sort((a, b) => (a.dueAt < b.dueAt ? -1 : Number(a.dueAt > b.dueAt))).slice(0, limit);
    },

    /** Dues of these reasons after one moment and up to another (epoch ms), from an index, so a moment behind. */
    async *between(reasons: readonly DueReason[], after: number, until: number): AsyncGenerator<Due> {
      for (const bucket of bucketsOf(reasons)) {
        const items = commands.query({
          IndexName: 'byTime',
          ExpressionAttributeNames: BUCKET_NAME,
          KeyConditionExpression: '#bucket = :bucket AND dueAt BETWEEN :after AND :until',
          ExpressionAttributeValues: {
            ':bucket': { S: bucket },
            // The smallest text that comes after every due of that moment.
            ':after': { S: `${toIso(after)}\u0000` },
            ':until': { S: toIso(until) },
          },
        });
        for await (const item of items) {
          const due = toDue(item);
          if (due !== undefined) yield due;
        }
      }
    },

    /** Moves a due that is still as it was seen; `stale` when it changed or went meanwhile. */
    async reschedule(seen: Due, next: Pick<Due, 'dueAt' | 'attempts'>): Promise<'written' | 'stale'> {
      const result = await commands.update({
        key: keyOf(seen),
        condition: isAsSeen(seen),
        isOurs: (stored) => holds(stored, next),
        changes: { set: { dueAt: next.dueAt, attempts: next.attempts } },
      });
      return result.outcome;
    },

    /** Removes a due that is still as it was seen; one that is gone already counts as removed. */
    async remove(seen: Due): Promise<'written' | 'stale'> {
      const result = await commands.remove({ key: keyOf(seen), condition: isAsSeen(seen) });
      return result.outcome;
    },

    /** How many dues wait at `now` (epoch ms), how many come later, and when the next of those is due. */
    async count(now: number): Promise<{ due: number; later: number; nextDueAt?: string }> {
      const at = toIso(now);
      const buckets = await Promise.all(
        bucketsOf(DUE_REASONS).map(async (bucket) => ({
          due: await countIn(bucket, '<=', at),
          later: await countIn(bucket, '>', at),
          next: await first(bucket, 'dueAt > :at', at, 1),
        })),
      );
      const next = buckets.flatMap((bucket) => bucket.next.map(({ dueAt }) => dueAt)).sort()[0];
      return {
        due: buckets.reduce((sum, bucket) => sum + bucket.due, 0),
        later: buckets.reduce((sum, bucket) => sum + bucket.later, 0),
        ...(next !== undefined && { nextDueAt: next }),
      };
    },

    /** Every due that can be read, in no order. */
    async *scan(): AsyncGenerator<Due> {
      for await (const item of commands.scan()) {
        const due = toDue(item);
        if (due !== undefined) yield due;
      }
    },

    /** Every row that cannot be read. */
    async *refused(): AsyncGenerator<RefusedDue> {
      for await (const item of commands.scan()) {
        const read = readDue(item);
        if ('refused' in read) yield read.refused;
      }
    },

    /** Writes a due in the place of whatever stands there, a row that cannot be read too; by hand only. */
    async replace(due: Due): Promise<void> {
      const { firstDueAt = due.dueAt, steps = [], ...rest } = due;
      const bucket = bucketOf(due.reason, due.orderId);
      const named = steps.length > 0 ? new Set(steps) : undefined;
      const item = toItem({ ...rest, v: DUE_VERSION, bucket, firstDueAt, steps: named });
      await commands.put({ key: keyOf(due), item, isOurs: (stored) => holds(stored, due) });
    },

    /** Removes a row that cannot be read, after its work has been noted anew; by hand only. */
    async removeRefused({ orderId, reason }: Pick<RefusedDue, 'orderId' | 'reason'>): Promise<void> {
      await commands.remove({ key: { orderId, reason } });
    },
  };
}

export type DuesTable = ReturnType<typeof createDuesTable>;
