import {
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
  ScanCommand,
  type ScanCommandInput,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { type Changes, createPlaceholders, type Placeholders, updateExpression } from './expression.ts';
import { type Item, refuseTooLarge, toItem } from './items.ts';
import { EXPIRES_AT, isAlive, isExpired, type Retention } from './retention.ts';
import { isConditionFailed, toStoreError } from './storeErrors.ts';

/** The key of one item, e.g. `{ orderId }`. */
export type Key = Readonly<Record<string, string>>;

/** A condition written with the command's own placeholders, e.g. ``({ name }) => `attribute_exists(${name('x')})` ``. */
export type Condition = (placeholders: Placeholders) => string;

/**
 * How a conditional write ended; `item` is what the table holds now (absent after a plain put or delete).
 * `isRefusing`: that very item refused the write; otherwise it was read a moment later and may be another's.
 */
export type WriteResult = {
  readonly outcome: 'written' | 'stale';
  readonly item?: Item | undefined;
  readonly isRefusing?: boolean;
};

type Write = {
  readonly key: Key;
  readonly condition?: Condition | undefined;
  /**
   * Recognises our own write in what is stored. Asked when the condition failed or no answer came: the SDK
   * repeats a command whose reply was lost, and that repetition meets our own write.
   */
  readonly isOurs: (stored: Item | undefined) => boolean;
};

/**
 * The few commands that the tables of carferry are made of, each with classified errors. With `retention`, rows of
 * the table may expire: from the second of its expiry a row is absent to every read and every condition.
 */
export function createTableCommands(client: DynamoDBClient, tableName: string, retention?: Retention) {
  const now = retention?.now ?? Date.now;

  /** The condition, for tables whose rows expire only met by a row that has not. */
  function conditionOf({ condition }: Pick<Write, 'condition'>, placeholders: Placeholders) {
    const given = condition?.(placeholders);
    if (retention === undefined) return given;
    const alive = isAlive(placeholders, now());
    return given === undefined ? alive : `(${given}) AND ${alive}`;
  }

  /** Consistent read of one item. */
  async function read(key: Key): Promise<Item | undefined> {
    const item = await readStored(key);
    return item !== undefined && isExpired(item, now()) ? undefined : item;
  }

  async function readStored(key: Key): Promise<Item | undefined> {
    try {
      const reply = await client.send(
        new GetItemCommand({ TableName: tableName, Key: toItem(key), ConsistentRead: true }),
      );
      return reply.Item;
    } catch (thrown) {
      throw toStoreError(thrown, tableName);
    }
  }

  /** Deletes a row that has expired; any other stays. */
  async function bury(key: Key): Promise<void> {
    const hasExpired: Condition = ({ name, value }) =>
      `${name(EXPIRES_AT)} <= ${value(Math.floor(now() / 1000))}`;
    await remove({ key, condition: hasExpired });
  }

  async function settle(
    write: Omit<Write, 'condition'>,
    send: () => Promise<Item | undefined>,
    mayBury = retention !== undefined,
  ): Promise<WriteResult> {
    try {
      return { outcome: 'written', item: await send() };
    } catch (thrown) {
      const error = toStoreError(thrown, tableName);
      const refused = isConditionFailed(thrown);
      if (!refused && error.reason !== 'store-unavailable') throw error;
      // An engine may leave the old item out of the refusal; then it is read.
      const refusing = refused ? thrown.Item : undefined;
      const stored = refusing ?? (await readStored(write.key));
      if (refused && mayBury && stored !== undefined && isExpired(stored, now())) {
        await bury(write.key);
        return await settle(write, send, false);
      }
      if (write.isOurs(stored)) return { outcome: 'written', item: stored };
      if (!refused) throw error;
      return { outcome: 'stale', item: stored, isRefusing: refusing !== undefined };
    }
  }

  /** UpdateItem; answers the item as it is after the write. */
  function update(write: Write & { readonly changes: Changes }): Promise<WriteResult> {
    const placeholders = createPlaceholders();
    const expression = updateExpression(write.changes, placeholders);
    const condition = conditionOf(write, placeholders);
    const parts = placeholders.parts();
    refuseTooLarge(tableName, parts.ExpressionAttributeValues ?? {});
    return settle(write, async () => {
      const reply = await client.send(
        new UpdateItemCommand({
          TableName: tableName,
          Key: toItem(write.key),
          UpdateExpression: expression,
          ConditionExpression: condition,
          ...parts,
          ReturnValues: 'ALL_NEW',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      return reply.Attributes;
    });
  }

  /** PutItem: replaces the item whole. */
  function put(write: Write & { readonly item: Item }): Promise<WriteResult> {
    const placeholders = createPlaceholders();
    const condition = conditionOf(write, placeholders);
    refuseTooLarge(tableName, write.item);
    return settle(write, async () => {
      await client.send(
        new PutItemCommand({
          TableName: tableName,
          Item: write.item,
          ConditionExpression: condition,
          ...placeholders.parts(),
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      return write.item;
    });
  }

  /** DeleteItem; an item that is gone already counts as deleted. */
  function remove(write: {
    readonly key: Key;
    readonly condition?: Condition | undefined;
  }): Promise<WriteResult> {
    const placeholders = createPlaceholders();
    const condition = write.condition?.(placeholders);
    const deletion = { key: write.key, isOurs: (stored: Item | undefined) => stored === undefined };
    const send = async () => {
      await client.send(
        new DeleteItemCommand({
          TableName: tableName,
          Key: toItem(write.key),
          ConditionExpression: condition,
          ...placeholders.parts(),
        }),
      );
      return undefined;
    };
    return settle(deletion, send, false);
  }

  /** What has not expired, of one page. */
  function living(items: readonly Item[] | undefined): Item[] {
    return (items ?? []).filter((item) => !isExpired(item, now()));
  }

  /** Every item of a query, page by page. */
  async function* query(input: Omit<QueryCommandInput, 'TableName'>): AsyncGenerator<Item> {
    let start: Item | undefined;
    do {
      const reply = await client
        .send(new QueryCommand({ ...input, TableName: tableName, ExclusiveStartKey: start }))
        .catch((thrown: unknown) => {
          throw toStoreError(thrown, tableName);
        });
      yield* living(reply.Items);
      start = reply.LastEvaluatedKey;
    } while (start !== undefined);
  }

  /** Every item of the table (consistent), page by page. */
  async function* scan(input: Omit<ScanCommandInput, 'TableName'> = {}): AsyncGenerator<Item> {
    let start: Item | undefined;
    do {
      const reply = await client
        .send(
          new ScanCommand({
            ConsistentRead: true,
            ...input,
            TableName: tableName,
            ExclusiveStartKey: start,
          }),
        )
        .catch((thrown: unknown) => {
          throw toStoreError(thrown, tableName);
        });
      yield* living(reply.Items);
      start = reply.LastEvaluatedKey;
    } while (start !== undefined);
  }

  return { read, update, put, remove, bury, query, scan };
}

export type TableCommands = ReturnType<typeof createTableCommands>;

/** All items of a query or scan, each read by `read`; for results that are known to be few. */
export async function collect<Row>(items: AsyncIterable<Item>, read: (item: Item) => Row): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const item of items) rows.push(read(item));
  return rows;
}
