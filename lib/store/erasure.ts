import { isDeepStrictEqual } from 'node:util';
import type { Changes } from './expression.ts';
import { fromItem, type Item, toItem } from './items.ts';
import { EXPIRES_AT } from './retention.ts';
import { contended } from './storeErrors.ts';
import type { Condition, Key, TableCommands, WriteResult } from './tableCommands.ts';

/** Attribute that marks an order or lead whose person was erased; it stays for good. ISO. */
export const ERASED_AT = 'erasedAt';

/** Lost races before an erasure is left to be repeated. */
const MAX_RACES = 5;
/** Longer than any queue keeps a message: the mark must not expire before the last one that it refuses. */
const OUTLIVES_QUEUES_S = 30 * 86_400;

/** The condition, met only by a record that is not erased; for writes that bring personal values. */
export function unlessErased(condition: Condition | undefined): Condition {
  return (placeholders) => {
    const given = condition?.(placeholders);
    const unmarked = `attribute_not_exists(${placeholders.name(ERASED_AT)})`;
    return given === undefined ? unmarked : `(${given}) AND ${unmarked}`;
  };
}

/** True when a write was refused and the record is an erased one. */
export function isErasedItem({ outcome, item }: WriteResult): boolean {
  return outcome === 'stale' && item?.[ERASED_AT] !== undefined;
}

/** How records of one table are erased. */
export type Erasure = {
  /** Attribute that every write changes; the record is taken apart only as it was read. */
  readonly version: string;
  /** What is left of a record, without the mark; `set` names every attribute that may hold something personal. */
  readonly changes: (item: Item) => Changes & { readonly set: Readonly<Record<string, unknown>> };
};

/**
 * Marks a record as erased and takes what is personal out of it, in one conditional write. Repeatable; a record that
 * is marked and clean is left as it is.
 *
 * @throws CarferryError `retry`, `store-contended`, after five lost races
 */
export async function eraseItem(
  table: string,
  commands: Pick<TableCommands, 'read' | 'update' | 'bury'>,
  key: Key,
  erasedAt: string,
  { version, changes }: Erasure,
): Promise<Item | undefined> {
  for (let race = 0; race < MAX_RACES; race += 1) {
    const item = await commands.read(key);
    if (item === undefined) {
      // One that has expired and is not deleted yet is nobody's business any more, but it is still there.
      await commands.bury(key);
      return undefined;
    }
    const wanted = changes(item);
    if (item[ERASED_AT] !== undefined && isClean(item, wanted.set)) return item;
    const seen = item[version];
    const result = await commands.update({
      key,
      condition: ({ name, value }) =>
        seen === undefined
          ? `attribute_not_exists(${name(version)})`
          : `${name(version)} = ${value(fromItem({ seen })['seen'])}`,
      isOurs: (stored) => stored?.[ERASED_AT] !== undefined && isClean(stored, wanted.set),
      changes: {
        ...wanted,
        set: { ...wanted.set, ...expiry(item, erasedAt) },
        setOnce: { [ERASED_AT]: erasedAt },
      },
    });
    if (result.outcome === 'written') return result.item;
  }
  throw contended(table);
}

/** True when nothing that the erasure would change is there. */
function isClean(item: Item, set: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(set).every(([name, wanted]) =>
    isDeepStrictEqual(item[name], wanted === undefined ? undefined : toItem({ wanted })['wanted']),
  );
}

function expiry(item: Item, erasedAt: string): Readonly<Record<string, number>> {
  const known = item[EXPIRES_AT]?.N;
  if (known === undefined) return {};
  return {
    [EXPIRES_AT]: Math.max(Number(known), Math.floor(Date.parse(erasedAt) / 1000) + OUTLIVES_QUEUES_S),
  };
}
