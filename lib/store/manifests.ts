import { type DayManifest, dayManifestSchema } from './dayManifest.ts';
import { fromItem, type Item, toItem } from './items.ts';
import { refusedManifest } from './stateRefusal.ts';
import { collect, type TableCommands } from './tableCommands.ts';

const DAY_ROWS = 'day#';

function keyOf(shop: string, day: string) {
  return { stream: `manifest#${shop}`, row: `${DAY_ROWS}${day}` };
}

/** @throws CarferryError `park`, `manifest-unreadable`. */
function toManifest(item: Item): DayManifest {
  const { stream: _stream, row: _row, ...record } = fromItem(item);
  const read = dayManifestSchema.safeParse(record);
  if (!read.success) throw refusedManifest(read.error.issues[0]?.path.join('.'));
  return read.data;
}

/** Manifest rows of table `streams`: one for each shop and Beijing day. */
export function createManifests(commands: TableCommands) {
  return {
    /**
     * The last manifest of a day (consistent).
     * @throws CarferryError `park`, `manifest-unreadable`.
     */
    async manifest(shop: string, day: string): Promise<DayManifest | undefined> {
      const item = await commands.read(keyOf(shop, day));
      return item && toManifest(item);
    },

    /** Manifests of the days `[firstDay, lastDay]`, in order; unreadable ones by their day alone. */
    async manifests(
      shop: string,
      firstDay: string,
      lastDay: string,
    ): Promise<(DayManifest | { readonly day: string; readonly state: 'unreadable' })[]> {
      const items = commands.query({
        ConsistentRead: true,
        KeyConditionExpression: '#stream = :stream AND #row BETWEEN :first AND :last',
        ExpressionAttributeNames: { '#stream': 'stream', '#row': 'row' },
        ExpressionAttributeValues: {
          ':stream': { S: `manifest#${shop}` },
          ':first': { S: `${DAY_ROWS}${firstDay}` },
          ':last': { S: `${DAY_ROWS}${lastDay}` },
        },
      });
      return await collect(items, (item) => {
        try {
          return toManifest(item);
        } catch {
          return { day: String(item['row']?.S).slice(DAY_ROWS.length), state: 'unreadable' };
        }
      });
    },

    /** Replaces the manifest of a day unless a later one is there; `replaces` lets an unreadable one go. */
    async writeManifest(
      manifest: DayManifest,
      replaces: 'older' | 'any' = 'older',
    ): Promise<'written' | 'stale'> {
      const key = keyOf(manifest.shop, manifest.day);
      const result = await commands.put({
        key,
        item: toItem({ ...manifest, ...key }),
        condition:
          replaces === 'any'
            ? undefined
            : ({ name, value }) =>
                `attribute_not_exists(${name('at')}) OR ${name('at')} < ${value(manifest.at)}`,
        isOurs: (stored) => stored?.['sweep']?.S === manifest.sweep && stored['at']?.S === manifest.at,
      });
      return result.outcome;
    },
  };
}
