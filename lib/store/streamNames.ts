import { toItem } from './items.ts';
import { OPEN_ROWS, STATE_ROW } from './streamState.ts';
import type { TableCommands } from './tableCommands.ts';

/** Partition of the rows that name every stream, so that listing them reads nothing else. */
const NAMES = 'streams';

/** The names of all streams of table `streams`. */
export type StreamNames = ReturnType<typeof createStreamNames>;

export function createStreamNames(commands: TableCommands) {
  /** Before a stream's first row: a crash in between leaves a name without rows, which nobody minds. */
  async function register(stream: string): Promise<void> {
    const key = { stream: NAMES, row: stream };
    await commands.put({ key, item: toItem(key), isOurs: (stored) => stored !== undefined });
  }

  async function ids(): Promise<string[]> {
    const items = commands.query({
      ConsistentRead: true,
      KeyConditionExpression: '#stream = :names',
      // A reserved word.
      ExpressionAttributeNames: { '#stream': 'stream' },
      ExpressionAttributeValues: { ':names': { S: NAMES } },
    });
    const known = new Set<string>();
    for await (const { row } of items) known.add(String(row?.S));
    return known.size > 0 ? [...known] : await idsOfUnnamed();
  }

  /** A table from before streams were named is small: nothing but states and open windows. */
  async function idsOfUnnamed(): Promise<string[]> {
    const found = new Set<string>();
    for await (const { stream, row } of commands.scan()) {
      if (row?.S === STATE_ROW || row?.S?.startsWith(OPEN_ROWS)) found.add(String(stream?.S));
    }
    for (const stream of found) await register(stream);
    return [...found];
  }

  return { register, ids };
}
