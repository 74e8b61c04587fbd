import type { LiveSeries } from './snapshot.ts';

const STEP_MS = 10_000;
/** One hour. */
const STEPS = 360;

export type Counted = 'orders' | 'calls' | 'bans';
export type History = {
  add(name: Counted, nowMs: number): void;
  lag(stream: string, lagMs: number, nowMs: number): void;
  read(nowMs: number): LiveSeries;
};

/** Counts in steps of ten seconds for the last hour; memory does not grow with the run. */
export function createHistory(startMs: number): History {
  const counts = {
    orders: new Map<number, number>(),
    calls: new Map<number, number>(),
    bans: new Map<number, number>(),
  };
  const lags = new Map<string, Map<number, number>>();
  const stepOf = (ms: number): number => Math.floor((ms - startMs) / STEP_MS);

  function put(series: Map<number, number>, step: number, value: number): void {
    series.set(step, value);
    for (const old of series.keys()) {
      if (old > step - STEPS) break;
      series.delete(old);
    }
  }

  return {
    add: (name, nowMs) => {
      const step = stepOf(nowMs);
      put(counts[name], step, (counts[name].get(step) ?? 0) + 1);
    },
    lag: (stream, lagMs, nowMs) => {
      const series = lags.get(stream) ?? new Map<number, number>();
      lags.set(stream, series);
      put(series, stepOf(nowMs), lagMs);
    },
    read: (nowMs) => {
      const last = stepOf(nowMs);
      const first = Math.max(0, last - STEPS + 1);
      const steps = Array.from({ length: last - first + 1 }, (_, index) => first + index);
      const counted = (name: Counted): number[] => steps.map((step) => counts[name].get(step) ?? 0);
      return {
        stepMs: STEP_MS,
        orders: counted('orders'),
        calls: counted('calls'),
        bans: counted('bans'),
        lag: Object.fromEntries(
          [...lags].map(([stream, series]) => [stream, steps.map((step) => series.get(step) ?? null)]),
        ),
      };
    },
  };
}
