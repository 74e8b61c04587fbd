import * as z from 'zod';
import { toEpochMs } from '../domain/chinaTime.ts';
import { fromItem, type Item, toItem } from './items.ts';
import type { StreamNames } from './streamNames.ts';
import {
  CLOSED_ROWS,
  type ClosedWindowRow,
  closedRow,
  OPEN_ROWS,
  type OpenWindowRow,
  STATE_ROW,
  windowRow,
} from './streamState.ts';
import { collect, type TableCommands } from './tableCommands.ts';

/** Longer than TOP lists anything; then DynamoDB removes the row by `expiresAtSeconds`. */
const KEPT_MS = 100 * 86_400_000;

const time = z.lazy(() => z.iso.datetime({ offset: true }));
const windowSchema = z.lazy(() =>
  z.looseObject({
    v: z.literal(1).optional(),
    stream: z.string(),
    from: time,
    to: time,
  }),
);

/** Window rows of table `streams`. */
export function createWindowRows(commands: TableCommands, names: StreamNames) {
  async function rowsOf(stream: string, prefix: string): Promise<Item[]> {
    const items = commands.query({
      ConsistentRead: true,
      KeyConditionExpression: '#stream = :stream AND begins_with(#row, :prefix)',
      ExpressionAttributeNames: { '#stream': 'stream', '#row': 'row' },
      ExpressionAttributeValues: { ':stream': { S: stream }, ':prefix': { S: prefix } },
    });
    return await collect(items, (item) => item);
  }

  return {
    /** True when the stream has walked or given up a window before. */
    async hasWindows(stream: string): Promise<boolean> {
      const items = commands.query({
        ConsistentRead: true,
        KeyConditionExpression: '#stream = :stream',
        ExpressionAttributeNames: { '#stream': 'stream' },
        ExpressionAttributeValues: { ':stream': { S: stream } },
        Limit: 2,
      });
      for await (const { row } of items) if (row?.S !== STATE_ROW) return true;
      return false;
    },

    /** Notes a window that its stream gave up; the same window again replaces its row. */
    async openWindow(window: OpenWindowRow): Promise<void> {
      await names.register(window.stream);
      const key = { stream: window.stream, row: windowRow(window) };
      const item = toItem({ ...window, v: 1, state: 'open', ...key });
      await commands.put({ key, item, isOurs: (stored) => stored !== undefined });
    },

    /**
     * Notes that a window was walked to its end, then takes it out of the open ones (`wasOpen`: it may be
     * among them). A crash between the two leaves it open, so it is walked and closed once more. Whoever
     * closes a window says a fact that stays true, so the row needs no fence.
     */
    async closeWindow(window: ClosedWindowRow, wasOpen: boolean): Promise<void> {
      const { stream } = window;
      const key = { stream, row: closedRow(window) };
      const expiresAtSeconds = Math.floor((toEpochMs(window.closedAt) + KEPT_MS) / 1000);
      const item = toItem({ ...window, v: 1, state: 'closed', expiresAtSeconds, ...key });
      await commands.put({ key, item, isOurs: (stored) => stored !== undefined });
      if (wasOpen) await commands.remove({ key: { stream, row: windowRow(window) } });
    },

    /** Windows that are still open, oldest first within a stream; all, or of streams with this prefix (consistent). */
    async openWindows(streamPrefix = ''): Promise<OpenWindowRow[]> {
      const ids = (await names.ids()).filter((stream) => stream.startsWith(streamPrefix));
      const items = await Promise.all(ids.sort().map((stream) => rowsOf(stream, OPEN_ROWS)));
      return items.flat().map(toOpenWindow);
    },

    /** Takes open windows of a stream that nobody can read out of the ledger; for its repair. */
    async dropUnreadable(stream: string): Promise<void> {
      for (const item of await rowsOf(stream, OPEN_ROWS)) {
        if (toOpenWindow(item).unreadable !== true) continue;
        await commands.remove({ key: { stream, row: String(item['row']?.S) } });
      }
    },

    /** Closed windows of a stream that begin in `[fromIso, toIso)`, oldest first; expired ones are not there. */
    async closedWindows(
      stream: string,
      { fromIso, toIso, now }: { fromIso?: string; toIso?: string; now: number },
    ): Promise<ClosedWindowRow[]> {
      const seconds = Math.floor(now / 1000);
      return (await rowsOf(stream, CLOSED_ROWS))
        .filter((item) => Number(item['expiresAtSeconds']?.N ?? Number.POSITIVE_INFINITY) > seconds)
        .map(toClosedWindow)
        .filter(
          ({ from }) => (fromIso === undefined || from >= fromIso) && (toIso === undefined || from < toIso),
        );
    },
  };
}

function toOpenWindow(item: Item): OpenWindowRow {
  const { row, v: _v, state: _state, ...record } = fromItem(item);
  const { stream, from, to, ...rest } = record;
  if (windowSchema.safeParse(fromItem(item)).success) return { ...rest, stream, from, to };
  const [, keyFrom = '', keyTo = ''] = String(row).split('#');
  return { stream: String(stream), from: keyFrom, to: keyTo, unreadable: true };
}

function toClosedWindow(item: Item): ClosedWindowRow {
  const {
    row: _row,
    v: _v,
    state: _state,
    expiresAtSeconds: _expires,
    stream,
    from,
    to,
    closedAt,
    ...rest
  } = fromItem(item);
  return { ...rest, stream, from, to, closedAt };
}
