import * as z from 'zod';
import { countVariable } from './environment.ts';

/* The variables that say when a pull looks at what, and how `lib/pull` wants them. */

export const settleSecondsVariable = countVariable(120, 86_400);
export const overlapSecondsVariable = countVariable(300, 86_400);
export const lookbackDaysVariable = z.lazy(() => z.coerce.number().int().min(1).max(92).default(90));
/** Three whole numbers, one for each sweep: day, fortnight, quarter. */
const sweepsVariable = (fallback: string, max: number) =>
  z.lazy(() => {
    const number = z.int().min(1).max(max);
    return z
      .string()
      .default(fallback)
      .transform((text) => text.split(',').map(Number))
      .pipe(z.tuple([number, number, number]))
      .transform(([day, fortnight, quarter]) => ({ day, fortnight, quarter }));
  });

/** When a record counts as listed, how far a pull looks back, and how often and how far each sweep does. */
export const pullTimesVariables = {
  SETTLE_SECONDS: settleSecondsVariable,
  OVERLAP_SECONDS: overlapSecondsVariable,
  LOOKBACK_DAYS: lookbackDaysVariable,
  SWEEP_LOOKBACK_DAYS: sweepsVariable('1,14,90', 92),
  /** The periods of the schedules, so that a sweep is not begun twice within one. */
  SWEEP_MINUTES: sweepsVariable('15,360,1440', 10_080),
};

/** The same of ad lines, whose sweeps have periods of their own; all functions share one environment locally. */
const { SWEEP_MINUTES, ...sharedTimesVariables } = pullTimesVariables;
export const adPullTimesVariables = { ...sharedTimesVariables, AD_SWEEP_MINUTES: SWEEP_MINUTES };

/** The same in milliseconds, as `lib/pull` wants them. */
export function pullTimes(config: z.output<z.ZodObject<typeof pullTimesVariables>>) {
  const { SWEEP_LOOKBACK_DAYS: days, SWEEP_MINUTES: minutes } = config;
  const sweep = (name: keyof typeof days) => ({
    lookbackMs: days[name] * 86_400_000,
    everyMs: minutes[name] * 60_000,
  });
  return {
    sweeps: { day: sweep('day'), fortnight: sweep('fortnight'), quarter: sweep('quarter') },
    settleMs: config.SETTLE_SECONDS * 1000,
    overlapMs: config.OVERLAP_SECONDS * 1000,
    lookbackMs: config.LOOKBACK_DAYS * 86_400_000,
  };
}
