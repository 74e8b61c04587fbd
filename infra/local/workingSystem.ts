import { type Clock, systemClock } from '../../lib/core/clock.ts';
import { CarferryError } from '../../lib/core/errors.ts';
import { attachSystem } from './attachSystem.ts';
import { drain } from './drain.ts';
import { awaitLiveRun } from './liveRun.ts';
import { readSettings } from './settings.ts';
import { type System, startSystem } from './system.ts';
import { startWorkers } from './workers.ts';

/** A system for one piece of work: that of a running `npm start`, or one of its own on the folder. */
export type WorkingSystem = {
  readonly system: System;
  /** Another process runs the consumers, the schedules and the engines. */
  readonly isAttached: boolean;
  close(): Promise<void>;
};

/**
 * Opens the folder for work by the operator's commands. The environment is completed for the functions.
 * @throws CarferryError `configuration`, as `npm start` does
 */
export async function openWorkingSystem(
  data: string,
  environment: NodeJS.ProcessEnv,
): Promise<WorkingSystem> {
  const settings = readSettings(environment);
  // Another command that only holds the folder is waited for here, and refused with its number below.
  const isAttached = (await awaitLiveRun(data)) !== undefined;
  const system = isAttached
    ? await attachSystem({ settings, data, environment })
    : await startSystem({ settings, data, environment });
  return { system, isAttached, close: () => system.close() };
}

export type WorkOptions = {
  readonly clock?: Clock;
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
};

/**
 * Does a piece of work and, where nobody else does it, works off what it put into the queues. After an abort
 * what is in hand is finished; the rest stays in the queues and dues.
 */
export async function workOff<T>(
  { system, isAttached }: Pick<WorkingSystem, 'system' | 'isAttached'>,
  { clock = systemClock, signal, say }: WorkOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (isAttached) return await unlessRunEnds(work(signal), system);
  const workers = startWorkers(system, clock, say);
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  try {
    let isWorking = true;
    const working = work(either).finally(() => {
      isWorking = false;
    });
    const draining = drain({
      system,
      clock,
      signal: either,
      inHand: workers.inHand,
      pulling: () => isWorking,
    });
    const lost = system.enginesLost.then(() => Promise.reject(new Error('the engine process has ended')));
    const [result] = await Promise.race([Promise.all([working, draining]), workers.broken, lost]);
    return result;
  } finally {
    failed.abort();
    await workers.stop();
  }
}

/**
 * Work beside a run, ended with it: without this it would ask engines that are gone again and again.
 * @throws CarferryError `retry`, `run-ended`; what was done is kept
 */
export async function unlessRunEnds<T>(
  work: Promise<T>,
  { enginesLost }: Pick<System, 'enginesLost'>,
): Promise<T> {
  const ended = enginesLost.then(() => {
    throw new CarferryError({
      disposition: 'retry',
      reason: 'run-ended',
      message: 'the run that held this folder has ended',
      hint: 'the same command goes on from there, without it',
    });
  });
  return await Promise.race([work, ended]);
}
