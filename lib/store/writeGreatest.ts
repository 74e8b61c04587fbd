import { isDeepStrictEqual } from 'node:util';
import type { Item } from './items.ts';
import { contended } from './storeErrors.ts';
import type { WriteResult } from './tableCommands.ts';

/** How often a write begins anew because another writer came between its two commands. */
const MAX_RACES = 5;

export type GreatestWrite = {
  /** Stores the record iff its version is greater. */
  readonly write: () => Promise<WriteResult>;
  /** True when the same content is stored from an earlier observation. */
  readonly sawEarlier: (stored: Item | undefined) => boolean;
  /** Moves only the time of observation, iff that is still so. */
  readonly move: () => Promise<WriteResult>;
};

/**
 * A write after which the greatest version is stored, whatever order the versions come in. The same content
 * observed again moves the time of observation; without that, a content seen in between would win or lose
 * by the order of delivery. Such a move is `stale` to the caller: nothing changed that concerns it.
 *
 * @throws CarferryError `retry`, `store-contended`, after five lost races.
 */
export async function writeGreatest(table: string, steps: GreatestWrite): Promise<WriteResult> {
  let before: Item | undefined;
  for (let race = 0; race < MAX_RACES; race += 1) {
    const result = await steps.write();
    if (result.outcome === 'written') return result;
    if (!steps.sawEarlier(result.item)) {
      // What was read after the refusal need not be what refused: then the write is made once more. Versions only
      // grow, so the same item on both sides of a refusal was there in between.
      if (result.isRefusing === true || isDeepStrictEqual(result.item, before)) return result;
      before = result.item;
      continue;
    }
    const moved = await steps.move();
    if (moved.outcome === 'written') return { outcome: 'stale', item: moved.item };
  }
  throw contended(table);
}
