import { createHmac } from 'node:crypto';
import type { Clock } from '../../lib/core/clock.ts';
import type { Log } from '../../lib/core/log.ts';
import { toEpochMs } from '../../lib/domain/chinaTime.ts';
import type { QueueMessage } from '../../lib/domain/queueMessage.ts';
import { queueMessageSchema } from '../../lib/domain/queueMessage.ts';
import type { KeyProvider } from '../../lib/privacy/keyProvider.ts';
import { sealRecord } from '../../lib/privacy/sealRecord.ts';
import type { RunLimits } from '../../lib/pull/pullInput.ts';
import type { PullTradesDeps } from '../../lib/pull/pullTrades.ts';
import type { StoredVersion } from '../../lib/store/ordersTable.ts';
import type { Parking } from '../../lib/store/quarantineTable.ts';
import { type AskedCall, fakeTop } from './fakeTop.ts';
import { createStreamsModel, type StreamsModel } from './streamsModel.ts';

export const NOON = toEpochMs('2026-11-20T12:00:00+08:00');
export const MINUTE = 60_000;
export const DAY = 86_400_000;

export const keys: KeyProvider = {
  ready: async () => {},
  keyFor: async (entityId) => ({ keyId: `${entityId}#1`, key: new Uint8Array(32).fill(7) }),
  readKey: async () => undefined,
  hmac: (purpose, text) => createHmac('sha256', `test ${purpose}`).update(text).digest('hex'),
  phoneHmacs: (text) => [createHmac('sha256', 'test phone').update(text).digest('hex')],
};

/** Time that a test moves; sleeping moves it too. */
function steppingClock(start = NOON): Clock & { move(ms: number): void; at(epochMs: number): void } {
  let now = start;
  return {
    now: () => now,
    sleep: async (ms) => {
      now += ms;
    },
    move: (ms) => {
      now += ms;
    },
    at: (epochMs) => {
      now = epochMs;
    },
  };
}

/** Called around every effect with its name; throwing makes the effect fail. */
export type EffectHook = (effect: string, when: 'before' | 'after') => void;

export type Bench = ReturnType<typeof createBench>;

/** Everything a pull needs, in memory. `answer` gives TOP's raw replies. */
export function createBench(options: {
  readonly answer: (call: AskedCall) => unknown;
  readonly hook?: EffectHook;
  readonly streams?: StreamsModel;
  readonly pageSize?: number;
  readonly mostRows?: number;
}) {
  const clock = steppingClock();
  const streams = options.streams ?? createStreamsModel();
  const sent: QueueMessage[] = [];
  const quarantine = new Map<string, Parking>();
  const versions = new Map<string, StoredVersion & { createdAt: string }>();
  const events: { event: string; reason?: unknown }[] = [];
  const top = fakeTop(options.answer);
  const hook = options.hook ?? (() => {});
  const note = (event: string, fields?: Parameters<Log['info']>[1]) =>
    void events.push({ event, ...(fields?.reason !== undefined && { reason: fields.reason }) });

  async function effect<Result>(name: string, act: () => Promise<Result>): Promise<Result> {
    hook(name, 'before');
    const result = await act();
    hook(name, 'after');
    return result;
  }

  const deps: PullTradesDeps = {
    top: { call: (api, params, callOptions) => effect('fetch', () => top.call(api, params, callOptions)) },
    haltGate: { run: (_shop, _method, call) => call() },
    orders: {
      versionsOf: async (_shop, from, to) =>
        new Map([...versions].filter(([, { createdAt }]) => createdAt >= from && createdAt < to)),
    },
    streams: {
      read: (stream) => streams.read(stream),
      acquire: (stream, lease) => effect('acquire', () => streams.acquire(stream, lease)),
      save: (state, patch) => effect('save', () => streams.save(state, patch)),
      release: (state) => effect('release', () => streams.release(state)),
      openWindow: (row) => effect('openWindow', () => streams.openWindow(row)),
      openWindows: (prefix) => streams.openWindows(prefix),
      closeWindow: (row, wasOpen) => effect('closeWindow', () => streams.closeWindow(row, wasOpen)),
      manifest: (shop, day) => streams.manifest(shop, day),
      manifests: (shop, first, last) => streams.manifests(shop, first, last),
      writeManifest: (manifest) => effect('writeManifest', () => streams.writeManifest(manifest)),
    },
    quarantine: {
      park: (entry) =>
        effect('park', async () => {
          const outcome = quarantine.has(entry.quarantineId) ? 'known' : 'written';
          quarantine.set(entry.quarantineId, entry);
          return outcome;
        }),
      resolve: async (id) => {
        quarantine.delete(id);
      },
      list: async function* () {
        for (const { seenAt, ...entry } of quarantine.values()) {
          yield { ...entry, firstSeenAt: seenAt, lastSeenAt: seenAt, times: 1 };
        }
      },
    },
    sender: {
      send: async (messages) => {
        // One batch of ten at a time: a crash may fall between two of them.
        for (let at = 0; at < messages.length; at += 10) {
          await effect('send', async () => {
            for (const message of messages.slice(at, at + 10)) {
              sent.push(queueMessageSchema.parse(JSON.parse(JSON.stringify(message))));
            }
          });
        }
      },
    },
    seal: async (record, entity) => {
      hook('seal', 'before');
      return await sealRecord(record, entity, keys);
    },
    hmac: keys.hmac,
    clock,
    log: { info: note, warn: note, error: note },
    shops: [{ sellerNick: 'shop', session: 's' }],
    pageSize: options.pageSize ?? 3,
    mostRows: options.mostRows ?? 2_000,
    times: { settleMs: 2 * MINUTE, overlapMs: 5 * MINUTE, lookbackMs: 3 * DAY },
  };

  let runs = 0;
  return {
    deps,
    clock,
    streams,
    sent,
    quarantine,
    events,
    calls: top.calls,
    /** Generous limits of one run, under a request id of its own. */
    limits(ms = 10 * MINUTE): RunLimits {
      runs += 1;
      return { deadline: clock.now() + ms, signal: new AbortController().signal, requestId: `run ${runs}` };
    },
    sentIds: () => new Set(sent.map((message) => (message.kind === 'trade' ? message.orderId : ''))),
    /** What `enrichOrders` would do: every trade sent so far is stored and owes nothing. */
    consume() {
      for (const message of sent) {
        if (message.kind !== 'trade') continue;
        const { hash, trade } = message;
        const { modifiedAt, createdAt } = trade;
        versions.set(message.orderId, { modifiedAt, hash, createdAt, owes: false });
      }
    },
    versions,
  };
}
