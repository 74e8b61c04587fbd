import type { Bench } from './bench.ts';
import type { Role } from './crew.ts';

/** A lease is over after this, and one tick. */
export const LEASE_OVER_MS = 61_000;

/** One deed of the story: a function is called as its trigger does, again until nothing is left for it. */
export type Step = {
  readonly name: string;
  readonly function: string;
  /** Runs to its end; throws when it never gets there. `timeoutMs` is that of the first invocation. */
  run(bench: Bench, role?: Role, timeoutMs?: number): Promise<void>;
  /** One invocation, as a tick that is delivered twice. */
  once(bench: Bench, role: Role): Promise<unknown>;
  /** Empties a queue, as an event source does that never ends. */
  readonly isConsumer?: true;
};

export class StuckError extends Error {}
