import type { Quirks } from '../quirks.ts';
import type { Scenario } from './scenario.ts';
import { momentOf } from './times.ts';

/** Quirks that come and go with the clock of the world. */
export type QuirkTimetable = {
  /** Calls `write` for every step that has come; each is done once. */
  advance(now: number, read: () => Quirks, write: (quirks: Quirks, begun: Quirks) => void): void;
};

export function createTimetable(scenario: Scenario | undefined, anchorAt: number): QuirkTimetable {
  const steps = (scenario?.quirks ?? [])
    .map((step) => ({ ...step, moment: momentOf(step.at, anchorAt) }))
    .sort((one, other) => one.moment - other.moment);
  return {
    advance(now, read, write) {
      for (let step = steps[0]; step !== undefined && step.moment <= now; step = steps[0]) {
        steps.shift();
        const { set = {}, clear } = step;
        write({ ...(clear === true ? {} : read()), ...set }, set);
      }
    },
  };
}
