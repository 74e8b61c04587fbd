import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { toEpochMs, toIso } from '../domain/chinaTime.ts';
import { fromItem, type Item, toItem } from './items.ts';
import { createManifests } from './manifests.ts';
import { refusedState } from './stateRefusal.ts';
import { createStreamNames } from './streamNames.ts';
import { STATE_ROW, type StreamPatch, type StreamState } from './streamState.ts';
import { type Condition, createTableCommands } from './tableCommands.ts';
import { isStoredAs } from './versions.ts';
import { createWindowRows } from './windowRows.ts';

export type LeaseRequest = {
  /** Names one run and no other; a request id is not enough, a retried invocation has the same. */
  readonly owner: string;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly leaseMs: number;
};

/** Version of the shape of a state row; rows from before it was counted have the same shape without it. */
const V = 1;
/** Clocks of different machines may differ by this much. */
const CLOCK_TOLERANCE_MS = 5 * 60_000;

const time = z.lazy(() => z.iso.datetime({ offset: true }));
const headSchema = z.lazy(() =>
  z.looseObject({
    v: z.literal(V).optional(),
    fence: z.int().positive(),
    version: z.int().positive(),
    owner: z.string().optional(),
    expiresAt: time.optional(),
  }),
);

/** @throws CarferryError `park`: `state-foreign-version` or `state-unreadable`. */
function toState(item: Item): StreamState {
  const { row: _row, stream, fence, version, ...rest } = fromItem(item);
  const head = headSchema.safeParse({ ...rest, fence, version });
  if (!head.success) {
    const field = head.error.issues[0]?.path.join('.');
    throw refusedState(field === 'v' ? 'state-foreign-version' : 'state-unreadable', field);
  }
  return { ...rest, stream, fence, version };
}

/** The state is exactly the one that was read; nobody wrote since. */
function isUnchanged(seen: StreamState | undefined): Condition {
  return ({ name, value }) =>
    seen === undefined
      ? `attribute_not_exists(${name('stream')})`
      : `${name('fence')} = ${value(seen.fence)} AND ${name('version')} = ${value(seen.version)}`;
}

/**
 * A lease that ends later than one taken now comes from a clock that is ahead; waiting for it could take
 * hours. Passing over it is safe, because safety rests on the fence.
 */
function isHeldByAnother(
  state: { readonly owner?: unknown; readonly expiresAt?: unknown },
  { owner, now, leaseMs }: LeaseRequest,
): boolean {
  if (typeof state.owner !== 'string' || state.owner === owner) return false;
  const expiresAt = time.safeParse(state.expiresAt).data;
  if (expiresAt === undefined) return false;
  const left = toEpochMs(expiresAt) - now;
  return left > 0 && left <= leaseMs + CLOCK_TOLERANCE_MS;
}

function isNext(stored: Item | undefined, { fence, version }: StreamState): boolean {
  return stored?.['fence']?.N === String(fence) && stored['version']?.N === String(version + 1);
}

function holdsMembers(stored: Item | undefined, members: Readonly<Record<string, unknown>>): boolean {
  const record = fromItem(stored ?? {});
  return Object.entries(members).every(([member, wanted]) => isStoredAs(record[member], wanted));
}

/**
 * Table `streams`: the state of each stream under a lease with a fence; the ledger of its windows; the manifest
 * of each shop and day; and one row for each stream's name.
 */
export function createStreamsTable(client: DynamoDBClient, tableName: string) {
  const commands = createTableCommands(client, tableName);
  const stateKey = (stream: string) => ({ stream, row: STATE_ROW });
  const names = createStreamNames(commands);

  async function read(stream: string): Promise<StreamState | undefined> {
    const item = await commands.read(stateKey(stream));
    return item && toState(item);
  }

  const windows = createWindowRows(commands, names);

  /** The ledger remembers a stream whose state was deleted: to begin anew would be a silent full pull. */
  async function refuseDeleted(stream: string): Promise<void> {
    if (!(await windows.hasWindows(stream))) return;
    // Another run may have begun the stream just now.
    if ((await read(stream)) === undefined) throw refusedState('state-missing');
  }

  return {
    ...windows,
    ...createManifests(commands),

    /**
     * The state of a stream (consistent).
     * @throws CarferryError `park`: a state that no version of this program wrote.
     */
    read,

    /**
     * Takes a stream that is free, ours already, or whose lease ran out; raises its fence, so that whoever
     * held it before can no longer write. `held`: someone else works on it, which is normal.
     *
     * @throws CarferryError `park`: a state that no version of this program wrote; it stays as it is.
     */
    async acquire(stream: string, lease: LeaseRequest): Promise<StreamState | 'held'> {
      const seen = await read(stream);
      if (seen !== undefined && isHeldByAnother(seen, lease)) return 'held';
      if (seen === undefined) await refuseDeleted(stream);
      if (seen?.v === undefined) await names.register(stream);
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
            v: V,
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

    /**
     * Takes a stream whatever its state looks like, and empties it: for an operator who then says where it
     * goes on. The fence rises above every one that was ever held.
     */
    async takeForRepair(stream: string, lease: LeaseRequest): Promise<StreamState | 'held'> {
      const item = await commands.read(stateKey(stream));
      const seen = fromItem(item ?? {});
      if (isHeldByAnother(seen, lease)) return 'held';
      await names.register(stream);
      const read = headSchema.safeParse(seen).data;
      // An unreadable fence was counted up by ones; seconds since 1970 are above it.
      const fence = (read?.fence ?? Math.floor(lease.now / 1000)) + 1;
      const version = (read?.version ?? 0) + 1;
      const { owner } = lease;
      const state = { stream, v: V, fence, version, owner, expiresAt: toIso(lease.now + lease.leaseMs) };
      const result = await commands.put({
        key: stateKey(stream),
        item: toItem({ ...state, row: STATE_ROW }),
        condition: ({ name, value }) =>
          ['fence', 'version']
            .map((member) =>
              seen[member] === undefined
                ? `attribute_not_exists(${name(member)})`
                : `${name(member)} = ${value(seen[member])}`,
            )
            .join(' AND '),
        isOurs: (stored) => stored?.['owner']?.S === owner && stored['fence']?.N === String(fence),
      });
      return result.outcome === 'stale' ? 'held' : state;
    },

    /** State of every stream as it is stored, also one that `read` would refuse; in no order. */
    async list(): Promise<StreamState[]> {
      const items = await Promise.all((await names.ids()).map((stream) => commands.read(stateKey(stream))));
      return items.flatMap((item) => {
        if (item === undefined) return [];
        const { row: _row, stream, fence, version, ...rest } = fromItem(item);
        return [{ ...rest, stream, fence, version }];
      });
    },
  };
}

export type StreamsTable = ReturnType<typeof createStreamsTable>;
