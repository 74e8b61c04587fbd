import type { Clock } from '../../lib/core/clock.ts';

type Sleeper = { at: number; wake: () => void };

/** Time that moves only when the test says so; late sleepers wake in the order of their times. */
export function createFakeClock(start = 1_742_880_000_000) {
  let time = start;
  let sleepers: Sleeper[] = [];

  const clock: Clock = {
    now: () => time,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const sleeper = { at: time + ms, wake: resolve };
        sleepers.push(sleeper);
        signal?.addEventListener('abort', () => {
          sleepers = sleepers.filter((other) => other !== sleeper);
          reject(signal.reason);
        });
      }),
  };

  const settle = async () => {
    for (let turn = 0; turn < 100; turn += 1) await Promise.resolve();
  };

  return {
    clock,
    settle,
    /** Wakes sleepers one after the other, each at its own time, until none is left or `until` is reached. */
    async run(until = Number.POSITIVE_INFINITY) {
      for (;;) {
        await settle();
        const next = sleepers.toSorted((one, other) => one.at - other.at)[0];
        if (next === undefined || next.at > until) break;
        sleepers = sleepers.filter((other) => other !== next);
        time = Math.max(time, next.at);
        next.wake();
      }
      if (Number.isFinite(until)) time = Math.max(time, until);
    },
    /** The process stands still: time passes and nobody is woken. */
    stall(ms: number) {
      time += ms;
    },
  };
}
