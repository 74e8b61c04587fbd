import * as z from 'zod';
import { toIso } from '../../lib/domain/chinaTime.ts';
import type { Bench } from './bench.ts';
import { LEASE_OVER_MS, type Step, StuckError } from './step.ts';
import type { Ended } from './worker.ts';

const MOST_TICKS = 7;

const streamsSchema = z.object({
  streams: z.array(z.looseObject({ state: z.string(), reason: z.string().optional() })),
});
const moreSchema = z.object({
  more: z.boolean(),
  failed: z.number().optional(),
  postponed: z.number().optional(),
});

export function isCaughtUp(result: unknown): boolean {
  return streamsSchema.parse(result).streams.every(({ state }) => state === 'caught-up');
}

export function isEnded(result: unknown): boolean {
  const { more, failed = 0, postponed = 0 } = moreSchema.parse(result);
  return !more && failed === 0 && postponed === 0;
}

const MINUTE_MS = 60_000;

/** Input of the dues functions: everything up to so many minutes from now. */
export const ahead = (minutes: number) => () => ({ until: toIso(Date.now() + minutes * MINUTE_MS) });

/** Ticks until the answer says that nothing is left; each further tick comes after a lease has run out. */
export function ticking(
  name: string,
  fn: string,
  input: (bench: Bench) => unknown,
  isDone: (result: unknown) => boolean,
): Step {
  return {
    name,
    function: fn,
    once: (bench, role) => bench.invoke(role, fn, input(bench)),
    run: async (bench, role = 'subject', timeoutMs) => {
      let last: Ended | undefined;
      for (let tick = 0; tick < MOST_TICKS; tick += 1) {
        if (tick > 0) bench.advance(LEASE_OVER_MS);
        last = await bench.invoke(role, fn, input(bench), tick === 0 ? timeoutMs : undefined);
        if (last.end === 'answered' && isDone(last.result)) return;
        await bench.ground().control('messages/redeliver', 'POST', {});
      }
      throw new StuckError(`${name} never ends: ${JSON.stringify(last)}`);
    },
  };
}
