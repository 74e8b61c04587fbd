import { type Clock, systemClock } from '../../lib/core/clock.ts';
import { CarferryError } from '../../lib/core/errors.ts';
import type { StreamReport, SummaryDocument } from '../../lib/domain/summaryDocument.ts';
import { startHttpServer } from './httpServer.ts';
import { startMonitor } from './live/monitor.ts';
import { createStatusPage } from './page/statusPage.ts';
import { refuseWrongApp, SLICE_MS } from './pulls.ts';
import {
  documentedReport,
  duesReportSchema,
  leadsReportSchema,
  mergeReports,
  pullReportSchema,
} from './reports.ts';
import { startSchedules } from './schedules.ts';
import { summarise } from './summary.ts';
import type { System } from './system.ts';
import type { ScheduleWiring } from './template.ts';
import { showProgress } from './terminal/showProgress.ts';
import type { Terminal } from './terminal/terminal.ts';
import { startWorkers, type Workers } from './workers.ts';

export type RunOptions = {
  readonly port: number;
  /** Aborts on Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  readonly terminal: Terminal;
  readonly clock?: Clock;
};

/** With the simulator a schedule's minute lasts ten seconds: its world grows faster than a real shop. */
const SIMULATED_MINUTE_MS = 10_000;
const FAILURE_PAUSE_MS = 2_000;

/**
 * `npm start`: every schedule, queue and route until the signal; then finishes what is in hand and sums up.
 * @throws CarferryError `configuration`: the port is taken, or TOP refuses the app
 */
export async function runOn(system: System, options: RunOptions): Promise<SummaryDocument> {
  const { clock = systemClock, terminal } = options;
  const startedAt = clock.now();
  let ofQueue: Workers['ofQueue'] = () => ({ inHand: 0, oldestSentAt: undefined });
  const monitor = startMonitor({ system, clock, mode: 'run', ofQueue: (...queue) => ofQueue(...queue) });
  const http = await startHttpServer(system.wiring.routes, {
    port: options.port,
    invoke: system.invoke,
    page: createStatusPage({ snapshot: monitor.snapshot, tables: system }),
  });
  const streams = new Map<string, StreamReport>();
  const say = (line: string): void => {
    monitor.note(line);
    terminal.say(line);
  };
  const workers = startWorkers(system, clock, say);
  ofQueue = workers.ofQueue;
  const { promise: refused, reject: refuse } = Promise.withResolvers<never>();
  const schedules = startSchedules(system.wiring.schedules, {
    clock,
    ...(system.simulatorUrl === undefined ? {} : { minuteMs: SIMULATED_MINUTE_MS }),
    run: async (schedule) => {
      try {
        return await tick(system, schedule, streams);
      } catch (error) {
        if (error instanceof CarferryError && error.reason === 'configuration') refuse(error);
        else say(`${schedule.function} failed: ${error instanceof CarferryError ? error.reason : error}`);
        await clock.sleep(FAILURE_PAUSE_MS, options.signal).catch(() => {});
        return false;
      }
    },
  });
  system.announcePage(`http://127.0.0.1:${http.port}/`);
  say(`status page on http://127.0.0.1:${http.port}/`);
  say(`webhook on http://127.0.0.1:${http.port}/qimen, health on /health; Ctrl-C stops`);
  const progress = showProgress(monitor, terminal);
  const stopped = new Promise<void>((resolve) => {
    if (options.signal.aborted) resolve();
    options.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  try {
    const lost = system.enginesLost.then(() => Promise.reject(new Error('the engine process has ended')));
    await Promise.race([stopped, refused, workers.broken, lost]);
    say('stopping: finishing what is in hand');
  } finally {
    await Promise.all([schedules.stop(), http.close()]);
    await workers.stop();
    progress.stop();
    monitor.stop();
  }
  const now = clock.now();
  const reports = [...streams.values()];
  const froms = reports.flatMap(({ from }) => (from === undefined ? [] : [Date.parse(from)]));
  return summarise({
    system,
    streams: reports,
    calls: monitor.calls.counts(),
    startedAt,
    from: Math.min(startedAt, ...froms),
    to: now - system.settleMs,
    now,
  });
}

/** One run of a schedule; true when it stopped before it was done. */
async function tick(
  system: System,
  { function: name, input }: ScheduleWiring,
  streams: Map<string, StreamReport>,
): Promise<boolean> {
  const answer = await system.invoke(name, input, { timeoutMs: SLICE_MS });
  const pulled = pullReportSchema.safeParse(answer);
  if (pulled.success) {
    for (const report of pulled.data.streams) {
      refuseWrongApp(report.reason);
      const documented = documentedReport(report);
      streams.set(report.stream, mergeReports(streams.get(report.stream), documented));
    }
    return pulled.data.streams.some(({ state }) => state === 'more');
  }
  const leads = leadsReportSchema.safeParse(answer);
  if (!leads.success) return duesReportSchema.parse(answer).more;
  for (const { reason } of leads.data.halted) refuseWrongApp(reason);
  return leads.data.more;
}
