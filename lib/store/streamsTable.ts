import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { toEpochMs, toIso } from '../domain/chinaTime.ts';
import { fromItem, type Item, toItem } from './items.ts';
import {
  type OpenWindowRow,
  STATE_ROW,
  type StreamPatch,
  type StreamState,
  windowRow,
} from './streamState.ts';
import { type Condition, collect, createTableCommands } from './tableCommands.ts';
import { isStoredAs } from './versions.ts';

export type LeaseRequest = {
  /** Names one run and no other, e.g. the request id. */
  readonly owner: string;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly leaseMs: number;
};

function toState(item: Item): StreamState {
  const { row: _row, stream, fence, version, ...rest } = fromItem(item);
  return { ...rest, stream, fence, version };
}

/** The state is exactly the one that was read; nobody wrote since. */
function isUnchanged(seen: StreamState | undefined): Condition {
  return ({ name, value }) =>
    seen === undefined
      ? `attribute_not_exists(${name('stream')})`
      : `${name('fence')} = ${value(seen.fence)} AND ${name('version')} = ${value(seen.version)}`;
}

function isHeldByAnother(state: StreamState, { owner, now }: LeaseRequest): boolean {
  if (state.owner === undefined || state.owner === owner) return false;
  return state.expiresAt !== undefined && toEpochMs(state.expiresAt) > now;
}

function isNext(stored: Item | undefined, { fence, version }: StreamState): boolean {
  return stored?.['fence']?.N === String(fence) && stored['version']?.N === String(version + 1);
}

function holdsMembers(stored: Item | undefined, members: Readonly<Record<string, unknown>>): boolean {
  const record = fromItem(stored ?? {});
  return Object.entries(members).every(([member, wanted]) => isStoredAs(record[member], wanted));
}

/** Table `streams`: the state of each stream under a lease with a fence, and the ledger of open windows. */
export function createStreamsTable(client: DynamoDBClient, tableName: string) {
  const commands = createTableCommands(client, tableName);
  const stateKey = (stream: string) => ({ stream, row: STATE_ROW });

  async function read(stream: string): Promise<StreamState | undefined> {
    const item = await commands.read(stateKey(stream));
    return item && toState(item);
  }

  return {
    /** The state of a stream (consistent). */
    read,

    /**
     * Takes a stream that is free, ours already, or whose lease ran out; raises its fence, so that whoever
     * held it before can no longer write. `held`: someone else works on it, which is normal.
     */
    async acquire(stream: string, lease: LeaseRequest): Promise<StreamState | 'held'> {
      const seen = await read(stream);
      if (seen !== undefined && isHeldByAnother(seen, lease)) return 'held';
      const fence = (seen?.fence ?? 0) + 1;
      const result = await commands.update({
        key: stateKey(stream),
        condition: isUnchanged(seen),
        isOurs: (stored) =>
          stored?.['owner']?.S === lease.owner &&
          stored['fence']?.N === String(fence) &&
          stored['version']?.N === String((seen?.version ?? 0) + 1),
        changes: {
          set: {
            fence,
            version: (seen?.version ?? 0) + 1,
            owner: lease.owner,
            expiresAt: toIso(lease.now + lease.leaseMs),
          },
        },
      });
      if (result.outcome === 'stale' || result.item === undefined) return 'held';
      return toState(result.item);
    },

    /**
     * Writes what changed and answers the new state. `lost`: another run took the stream over; the caller
     * stops at once and sends nothing more.
     */
    async save(state: StreamState, patch: StreamPatch): Promise<StreamState | 'lost'> {
      const changed = Object.entries(patch).filter(([, wanted]) => wanted !== undefined);
      const set = Object.fromEntries(changed.map(([member, wanted]) => [member, wanted ?? undefined]));
      const result = await commands.update({
        key: stateKey(state.stream),
        condition: isUnchanged(state),
        // Under one fence there is one writer, so the next version with these members can only be this write.
        isOurs: (stored) => isNext(stored, state) && holdsMembers(stored, set),
        changes: { set: { ...set, fence: state.fence, version: state.version + 1 } },
      });
      if (result.outcome === 'stale' || result.item === undefined) return 'lost';
      return toState(result.item);
    },

    /** Gives the stream back; nothing happens when it was lost before. */
    async release(state: StreamState): Promise<void> {
      await commands.update({
        key: stateKey(state.stream),
        condition: isUnchanged(state),
        isOurs: (stored) => stored?.['owner'] === undefined,
        changes: { set: { owner: undefined, expiresAt: undefined, version: state.version + 1 } },
      });
    },

    /** State of every stream, in no order. */
    async list(): Promise<StreamState[]> {
      const items = commands.scan({
        FilterExpression: '#row = :state',
        ExpressionAttributeNames: { '#row': 'row' },
        ExpressionAttributeValues: { ':state': { S: STATE_ROW } },
      });
      return await collect(items, toState);
    },

    /** Notes a window in the ledger; the same window again replaces its row. */
    async openWindow(window: OpenWindowRow): Promise<void> {
      const key = { stream: window.stream, row: windowRow(window) };
      const item = toItem({ ...window, ...key });
      await commands.put({ key, item, isOurs: (stored) => stored !== undefined });
    },

    /** Windows that are still open, oldest first within a stream; all, or of streams with this prefix. */
    async openWindows(streamPrefix = ''): Promise<OpenWindowRow[]> {
      const items = commands.scan({
        FilterExpression: 'begins_with(#row, :window)',
        ExpressionAttributeNames: { '#row': 'row' },
        ExpressionAttributeValues: { ':window': { S: 'window#' } },
      });
      const rows: OpenWindowRow[] = [];
      for await (const item of items) {
        const { row: _row, stream, from, to, ...rest } = fromItem(item);
        if (String(stream).startsWith(streamPrefix)) rows.push({ ...rest, stream, from, to });
      }
      return rows.sort((a, b) => compare(`${a.stream}#${windowRow(a)}`, `${b.stream}#${windowRow(b)}`));
    },

    /** Takes a window that was walked to its end out of the ledger. */
    async closeWindow(window: Pick<OpenWindowRow, 'stream' | 'from' | 'to'>): Promise<void> {
      await commands.remove({ key: { stream: window.stream, row: windowRow(window) } });
    },
  };
}

export type StreamsTable = ReturnType<typeof createStreamsTable>;

function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
