import { setTimeout as delay } from 'node:timers/promises';
import { type Running, readRunning } from './dataFolder.ts';
import { holderOf } from './folderLock.ts';
import { isAlive } from './processes.ts';

/** A system at work on a folder, and the process that holds the folder for it. */
export type LiveRun = { readonly running: Running; readonly pid: number };

/**
 * The system that runs on the folder. None when nobody holds it, and none while its holder has no engines that others
 * may use: a run that is just starting, or a command, which tells nobody; what an ended run left leads nowhere.
 */
export function liveRun(path: string): LiveRun | undefined {
  const pid = holderOf(path)?.pid;
  const running = pid === undefined ? undefined : readRunning(path);
  if (pid === undefined || running === undefined) return undefined;
  return isAlive(running.enginePid, running.engineTicks) ? { running, pid } : undefined;
}

const PATIENCE_MS = 5_000;
const LOOK_AGAIN_MS = 50;

/** Waits up to five seconds for a holder to say where its engines are, or to let go of the folder. */
export async function awaitLiveRun(path: string): Promise<LiveRun | undefined> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  for (;;) {
    const live = liveRun(path);
    if (live !== undefined || holderOf(path) === undefined || performance.now() > giveUpAt) return live;
    await delay(LOOK_AGAIN_MS);
  }
}
