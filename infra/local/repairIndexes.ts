import { createRequire } from 'node:module';

/*
 * dynalite writes an item's index rows and the item itself one after the other. A process killed in between leaves
 * rows without items, or items without rows, for ever; on AWS an index always follows its table. So the indexes of a
 * folder whose engines did not end by themselves are built anew from the items.
 */

type Operation = { type: 'put'; key: string; value: unknown } | { type: 'del'; key: string };
type LevelDatabase = {
  open(): Promise<void>;
  close(): Promise<void>;
  keys(range: { gte: string; lt: string }): AsyncIterable<string>;
  iterator(range: { gte: string; lt: string }): AsyncIterable<[string, unknown]>;
  batch(operations: Operation[]): Promise<void>;
};
type LevelModule = { Level: new (path: string, options: { valueEncoding: 'json' }) => LevelDatabase };
type IndexDeclaration = { IndexName: string };
type TableDescription = { TableName: string; GlobalSecondaryIndexes?: IndexDeclaration[] };
type DynaliteDb = {
  getIndexActions(
    indexes: IndexDeclaration[],
    before: undefined,
    item: unknown,
    table: TableDescription,
  ): { puts: { index: string; key: string; item: unknown }[] };
};

const requireHere = createRequire(import.meta.url);
const requireOfDynalite = createRequire(requireHere.resolve('dynalite'));

/** Builds all index rows of the LevelDB folder anew, each index in one atomic batch. */
export async function repairIndexes(path: string): Promise<void> {
  const { Level }: LevelModule = requireOfDynalite('level');
  const dynaliteDb: DynaliteDb = requireOfDynalite('./db');
  const level = new Level(path, { valueEncoding: 'json' });
  await level.open();
  try {
    for await (const [, value] of level.iterator(rangeOf('table~'))) {
      const table: TableDescription = JSON.parse(JSON.stringify(value));
      for (const index of table.GlobalSecondaryIndexes ?? []) {
        await level.batch(await rebuilding(level, dynaliteDb, table, index));
      }
    }
  } finally {
    await level.close();
  }
}

async function rebuilding(
  level: LevelDatabase,
  dynaliteDb: DynaliteDb,
  table: TableDescription,
  index: IndexDeclaration,
): Promise<Operation[]> {
  const prefix = `index-global~${table.TableName}~${index.IndexName}~`;
  const operations: Operation[] = [];
  for await (const key of level.keys(rangeOf(prefix))) operations.push({ type: 'del', key });
  for await (const [, item] of level.iterator(rangeOf(`item-${table.TableName}~`))) {
    for (const put of dynaliteDb.getIndexActions([index], undefined, item, table).puts) {
      operations.push({ type: 'put', key: `${prefix}${put.key}`, value: put.item });
    }
  }
  return operations;
}

function rangeOf(prefix: string): { gte: string; lt: string } {
  return { gte: prefix, lt: `${prefix}\u00ff` };
}
