import { describe, expect, it } from 'vitest';
import { startSchedules } from '../../../infra/local/schedules.ts';
import type { ScheduleWiring } from '../../../infra/local/template.ts';
import type { Clock } from '../../../lib/core/clock.ts';

const MINUTE = 60_000;

/** A clock that jumps to the next sleeper when everybody sleeps. */
function jumpingClock(endAt: number) {
  let now = 0;
  const sleepers = new Set<{ at: number; wake: () => void }>();
  const clock: Clock = {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const sleeper = { at: now + ms, wake: resolve };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      }),
  };
  async function play(): Promise<void> {
    for (;;) {
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
      const [next] = [...sleepers].sort((a, b) => a.at - b.at);
      if (next === undefined || next.at > endAt) return;
      now = next.at;
      sleepers.delete(next);
      next.wake();
    }
  }
  return { clock, play };
}

function schedule(name: string, minutes: number): ScheduleWiring {
  return { name, function: name, everyMs: minutes * MINUTE, input: {} };
}

describe('the schedules', () => {
  it('tick at their rates, frequent ones at once and sweeps after a minute', async () => {
    const { clock, play } = jumpingClock(31 * MINUTE);
    const ticks: [string, number][] = [];
    const schedules = startSchedules([schedule('live', 5), schedule('day', 15)], {
      clock,
      run: async ({ name }) => {
        ticks.push([name, clock.now() / MINUTE]);
        return false;
      },
    });

    await play();
    await schedules.stop();

    expect(ticks.filter(([name]) => name === 'live').map(([, at]) => at)).toEqual([0, 5, 10, 15, 20, 25, 30]);
    expect(ticks.filter(([name]) => name === 'day').map(([, at]) => at)).toEqual([1, 16, 31]);
  });

  it('last ten seconds a minute with the simulator', async () => {
    const { clock, play } = jumpingClock(30_000);
    const ticks: number[] = [];
    const schedules = startSchedules([schedule('live', 1)], {
      clock,
      minuteMs: 10_000,
      run: async () => {
        ticks.push(clock.now());
        return false;
      },
    });

    await play();
    await schedules.stop();

    expect(ticks).toEqual([0, 10_000, 20_000, 30_000]);
  });

  it('leave out the ticks that find the last run still going, and go on at once with what is unfinished', async () => {
    const { clock, play } = jumpingClock(6 * MINUTE);
    const ticks: number[] = [];
    const schedules = startSchedules([schedule('live', 1)], {
      clock,
      run: async () => {
        ticks.push(clock.now() / MINUTE);
        if (ticks.length === 1) await clock.sleep(2.5 * MINUTE);
        return ticks.length === 1;
      },
    });

    await play();
    await schedules.stop();

    expect(ticks).toEqual([0, 2.5, 3, 4, 5, 6]);
  });
});
