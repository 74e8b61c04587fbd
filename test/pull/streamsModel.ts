import { toEpochMs, toIso } from '../../lib/domain/chinaTime.ts';
import type { PullTradesDeps } from '../../lib/pull/pullTrades.ts';
import type { DayManifest } from '../../lib/store/dayManifest.ts';
import type { ClosedWindowRow, OpenWindowRow, StreamState } from '../../lib/store/streamState.ts';

export type StreamsModel = PullTradesDeps['streams'] & {
  readonly states: Map<string, StreamState>;
  readonly ledger: Map<string, OpenWindowRow>;
  readonly closed: Map<string, ClosedWindowRow>;
  /** Manifests by shop and day. */
  readonly dayRows: Map<string, DayManifest>;
};

/** Table `streams` in memory, with the same conditions. */
export function createStreamsModel(): StreamsModel {
  const states = new Map<string, StreamState>();
  const ledger = new Map<string, OpenWindowRow>();
  const closed = new Map<string, ClosedWindowRow>();
  const dayRows = new Map<string, DayManifest>();
  const keyOf = ({ stream, from, to }: Pick<OpenWindowRow, 'stream' | 'from' | 'to'>) =>
    `${stream} ${from} ${to}`;
  const isCurrent = ({ stream, fence, version }: StreamState): boolean => {
    const stored = states.get(stream);
    return stored?.fence === fence && stored.version === version;
  };

  return {
    states,
    ledger,
    closed,
    dayRows,
    // A stream that no test has pulled counts as caught up, so that sweeps can be tested alone.
    read: async (stream) =>
      states.get(stream) ?? { stream, fence: 0, version: 0, watermark: '2100-01-01T00:00:00+08:00' },
    acquire: async (stream, { owner, now, leaseMs }) => {
      const seen = states.get(stream);
      const left = seen?.expiresAt === undefined ? 0 : toEpochMs(seen.expiresAt) - now;
      const isFree =
        seen?.owner === undefined || seen.owner === owner || left <= 0 || left > leaseMs + 5 * 60_000;
      if (!isFree) return 'held';
      const state: StreamState = {
        ...seen,
        stream,
        fence: (seen?.fence ?? 0) + 1,
        version: (seen?.version ?? 0) + 1,
        owner,
        expiresAt: toIso(now + leaseMs),
      };
      states.set(stream, state);
      return state;
    },
    save: async (state, patch) => {
      if (!isCurrent(state)) return 'lost';
      const merged = new Map(Object.entries(state));
      for (const [member, value] of Object.entries(patch)) {
        if (value === null) merged.delete(member);
        else if (value !== undefined) merged.set(member, JSON.parse(JSON.stringify(value)));
      }
      const next: StreamState = {
        ...Object.fromEntries(merged),
        stream: state.stream,
        fence: state.fence,
        version: state.version + 1,
      };
      states.set(state.stream, next);
      return next;
    },
    release: async (state) => {
      if (!isCurrent(state)) return;
      const { owner: _owner, expiresAt: _expiresAt, ...rest } = state;
      const { stream, fence } = state;
      states.set(stream, { ...rest, stream, fence, version: state.version + 1 });
    },
    openWindow: async (row) => {
      ledger.set(keyOf(row), row);
    },
    openWindows: async (prefix = '') =>
      [...ledger.values()].filter(({ stream }) => stream.startsWith(prefix)),
    closeWindow: async (row, wasOpen) => {
      closed.set(keyOf(row), row);
      if (wasOpen) ledger.delete(keyOf(row));
    },
    manifest: async (shop, day) => dayRows.get(`${shop} ${day}`),
    manifests: async (shop, first, last) =>
      [...dayRows.values()].filter((row) => row.shop === shop && row.day >= first && row.day <= last),
    writeManifest: async (manifest) => {
      const key = `${manifest.shop} ${manifest.day}`;
      const stored = dayRows.get(key);
      if (stored !== undefined && stored.at >= manifest.at) return 'stale';
      dayRows.set(key, manifest);
      return 'written';
    },
  };
}
