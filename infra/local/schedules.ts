import type { Clock } from '../../lib/core/clock.ts';
import type { ScheduleWiring } from './template.ts';

/** Schedules up to this period tick at once; sweeps give the live lanes a minute first. */
const TICKS_AT_ONCE_MS = 5 * 60_000;
const MINUTE_MS = 60_000;

export type Schedules = {
  /** Starts no further run; resolves when the running ones are done. */
  stop(): Promise<void>;
};

export type SchedulesDeps = {
  /** One run; resolves true when it stopped before it was done, and should go on at once. */
  readonly run: (schedule: ScheduleWiring) => Promise<boolean>;
  readonly clock: Clock;
  /** How long a schedule's minute lasts here. */
  readonly minuteMs?: number;
};

/** Ticks every schedule at its rate. A tick that finds the schedule's last run still going is left out. */
export function startSchedules(schedules: readonly ScheduleWiring[], deps: SchedulesDeps): Schedules {
  const pace = (deps.minuteMs ?? MINUTE_MS) / MINUTE_MS;
  const stopping = new AbortController();

  async function keepTicking(schedule: ScheduleWiring): Promise<void> {
    const everyMs = schedule.everyMs * pace;
    let nextAt = deps.clock.now() + (schedule.everyMs <= TICKS_AT_ONCE_MS ? 0 : MINUTE_MS * pace);
    while (!stopping.signal.aborted) {
      await waitUntil(nextAt);
      let more = true;
      while (more && !stopping.signal.aborted) more = await deps.run(schedule);
      const now = deps.clock.now();
      nextAt = Math.max(nextAt + everyMs, now + everyMs - ((now - nextAt) % everyMs));
    }
  }

  async function waitUntil(at: number): Promise<void> {
    const ms = at - deps.clock.now();
    if (ms <= 0) return;
    await deps.clock.sleep(ms, stopping.signal).catch((error: unknown) => {
      if (!stopping.signal.aborted) throw error;
    });
  }

  const ticking = schedules.map(keepTicking);
  return {
    stop: async () => {
      stopping.abort();
      await Promise.all(ticking);
    },
  };
}
