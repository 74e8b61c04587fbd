import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { toIso } from '../domain/chinaTime.ts';
import { STEPS, type Step } from '../domain/order.ts';
import { fromItem, type Item } from './items.ts';
import { type Condition, createTableCommands } from './tableCommands.ts';

export const DUE_REASONS = ['leadCheck', 'owed', 'carCheck', 'openOrder'] as const;
export type DueReason = (typeof DUE_REASONS)[number];

/** Work for later on one order; at most one of each reason. */
export type Due = {
  readonly orderId: string;
  readonly reason: DueReason;
  /** ISO `+08:00`. */
  readonly dueAt: string;
  readonly shop: string;
  /** How often it was done already. */
  readonly attempts: number;
  /** When the first attempt was due (default: `dueAt`); the schedule of the later ones counts from here. */
  readonly firstDueAt?: string | undefined;
  readonly steps?: readonly Step[] | undefined;
};

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

function toDue(item: Item): Due {
  const { orderId, reason, dueAt, shop, attempts, firstDueAt, steps } = fromItem(item);
  const named: ReadonlySet<string> = steps ?? new Set<string>();
  return {
    orderId,
    reason,
    dueAt,
    shop,
    attempts,
    ...(firstDueAt !== undefined && { firstDueAt }),
    ...(named.size > 0 && { steps: STEPS.filter((step) => named.has(step)) }),
  };
}

/** The due is exactly the one that was seen; a newer one must not be lost with it. */
function isAsSeen(seen: Due): Condition {
  return ({ name, value }) =>
    `${name('dueAt')} = ${value(seen.dueAt)} AND ${name('attempts')} = ${value(seen.attempts)}`;
}

function holds(stored: Item | undefined, due: Pick<Due, 'dueAt' | 'attempts'>): boolean {
  return stored?.['dueAt']?.S === due.dueAt && stored['attempts']?.N === String(due.attempts);
}

/** Table `dues`: what is to be done later; key order and reason, index `byTime` by bucket and time. */
export function createDuesTable(client: DynamoDBClient, tableName: string) {
  const commands = createTableCommands(client, tableName);
  const keyOf = ({ orderId, reason }: Pick<Due, 'orderId' | 'reason'>) => ({ orderId, reason });

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
      dues.push(toDue(item));
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

    /** Every due, in no order. */
    async *scan(): AsyncGenerator<Due> {
      for await (const item of commands.scan()) yield toDue(item);
    },
  };
}

export type DuesTable = ReturnType<typeof createDuesTable>;
