import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** When a process began, in clock ticks since boot; undefined where the system does not tell (not Linux). */
export function startTicks(pid: number): string | undefined {
  return processStat(pid)?.at(19);
}

/** True while the process lives; with `ticks`, only if it is still the same one and not a reused number. */
export function isAlive(pid: number, ticks?: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, but belongs to someone else.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  const stat = processStat(pid);
  if (stat === undefined) return true;
  // A zombie holds no file any more.
  return stat[0] !== 'Z' && (ticks === undefined || stat[19] === ticks);
}

const LOOK_EVERY_MS = 500;

/** Resolves when a process that is not our child has ended; holds nothing open. */
export async function whenEnded(pid: number, ticks?: string): Promise<void> {
  while (isAlive(pid, ticks)) await delay(LOOK_EVERY_MS, undefined, { ref: false });
}

/** Fields of /proc/<pid>/stat after the name: state first, start time at index 19. */
function processStat(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
