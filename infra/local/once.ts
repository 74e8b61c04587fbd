import { type Clock, systemClock } from '../../lib/core/clock.ts';
import { type CarferryError, configurationError } from '../../lib/core/errors.ts';
import { toIso } from '../../lib/domain/chinaTime.ts';
import type { StreamReport, SummaryDocument } from '../../lib/domain/summaryDocument.ts';
import { drain } from './drain.ts';
import { startMonitor } from './live/monitor.ts';
import { type PullFunction, pullToEnd } from './pulls.ts';
import { mergeReports } from './reports.ts';
import { summarise } from './summary.ts';
import type { System } from './system.ts';
import { showProgress } from './terminal/showProgress.ts';
import type { Terminal } from './terminal/terminal.ts';
import { startWorkers } from './workers.ts';

export type OnceOptions = {
  /** Epoch ms; bounds of the pull. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly limitMinutes: number;
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal;
  readonly terminal: Terminal;
  readonly clock?: Clock;
};

const PULLS: readonly PullFunction[] = ['pullTrades', 'pullAdOrders'];

/**
 * `--once`: pulls everything up to T = now − settle, drains all queues, gives every order its first lead check.
 * @throws CarferryError `configuration` when the app itself is refused
 */
export async function runOnce(system: System, options: OnceOptions): Promise<SummaryDocument> {
  const { clock = systemClock, terminal } = options;
  const startedAt = clock.now();
  // TOP's windows are in whole seconds.
  const settledAt = Math.floor((startedAt - system.settleMs) / 1000) * 1000;
  if (system.simulatorUrl !== undefined) await freeze(system.simulatorUrl, settledAt);
  const bounds = {
    from: options.from ?? settledAt - system.lookbackMs,
    to: Math.min(options.to ?? settledAt, settledAt),
    bounded: options.from !== undefined || options.to !== undefined,
  };
  if (bounds.from >= bounds.to) throw emptyBounds(options, bounds.to);
  const isFresh = (await system.stores.streams.list()).length === 0;
  const limit = AbortSignal.timeout(options.limitMinutes * 60_000);
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, limit, failed.signal]);

  const streams = new Map<string, StreamReport>();
  const workers = startWorkers(system, clock, terminal.say);
  const monitor = startMonitor({ system, clock, mode: 'once', ofQueue: workers.ofQueue });
  const progress = showProgress(monitor, terminal);
  try {
    let pulling = true;
    const inputs = laneInputs({ ...bounds, startedAt }, isFresh);
    const pulls = pullEverything(system, { inputs, clock, signal, streams }).finally(() => {
      pulling = false;
    });
    const draining = drain({
      system,
      clock,
      signal,
      inHand: workers.inHand,
      pulling: () => pulling,
    });
    const lost = system.enginesLost.then(() => Promise.reject(new Error('the engine process has ended')));
    const work = Promise.all([pulls, draining]).catch((error: unknown) => {
      failed.abort();
      throw error;
    });
    await Promise.race([work, workers.broken, lost]);
  } finally {
    failed.abort();
    progress.stop();
    await workers.stop();
    monitor.stop();
  }
  const endedEarly = limit.aborted ? 'limit' : options.signal.aborted ? 'interrupted' : undefined;
  return summarise({
    system,
    streams: [...streams.values()],
    calls: monitor.calls.counts(),
    startedAt,
    from: bounds.from,
    to: bounds.to,
    now: clock.now(),
    endedEarly,
  });
}

type PullParts = {
  readonly inputs: readonly Readonly<Record<string, unknown>>[];
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly streams: Map<string, StreamReport>;
};

/**
 * The lanes of this run, in order. Trades are listed by creation only, so a folder that has seen a run before is
 * swept as well: that is how late payments and refunds are found.
 */
function laneInputs(
  bounds: { from: number; to: number; bounded: boolean; startedAt: number },
  isFresh: boolean,
) {
  const [from, until] = [toIso(bounds.from), toIso(bounds.to)];
  // A backfill of the same bounds that an earlier run finished is walked again.
  if (bounds.bounded) return [{ lane: 'backfill', from, until, since: toIso(bounds.startedAt) }];
  const live = { lane: 'live', from, until };
  return isFresh ? [live] : [live, { lane: 'quarter', from, until, fresh: true }];
}

/** Bounds with no time between them, e.g. a `--from` after the moment up to which TOP is listed by now. */
function emptyBounds({ from }: Pick<OnceOptions, 'from'>, to: number): CarferryError {
  const flag = from === undefined ? '--to' : '--from';
  return configurationError(flag, `${flag} leaves nothing to pull: this run ends at ${toIso(to)}`);
}

async function pullEverything(system: System, parts: PullParts): Promise<void> {
  await Promise.all(
    PULLS.map(async (name) => {
      for (const input of parts.inputs) {
        const { clock, signal } = parts;
        const reports = await pullToEnd(name, input, {
          invoke: system.invoke,
          clock,
          signal,
        });
        for (const report of reports) {
          parts.streams.set(report.stream, mergeReports(parts.streams.get(report.stream), report));
        }
      }
    }),
  );
}

async function freeze(simulatorUrl: string, at: number): Promise<void> {
  const response = await fetch(`${simulatorUrl}/_sim/freeze`, {
    method: 'POST',
    body: JSON.stringify({ at }),
  });
  if (!response.ok) throw new Error(`the simulator does not freeze: status ${response.status}`);
}
