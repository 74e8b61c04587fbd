import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import { configurationError } from '../../lib/core/errors.ts';
import { isAlive, startTicks } from './processes.ts';

const holderSchema = z.object({ pid: z.number().int().positive(), ticks: z.string().optional() });
export type Holder = z.infer<typeof holderSchema>;

/** A killed run's engines need a moment to notice that their parent is gone. */
const PATIENCE_MS = 5_000;
const LOOK_AGAIN_MS = 50;

/**
 * Takes the folder for this process. Waits up to five seconds for a holder that is ending.
 * @param others further processes that may still have files of the folder open
 * @throws CarferryError `configuration` when another process keeps it
 */
export async function lockFolder(
  folder: string,
  {
    others = () => [],
    patienceMs = PATIENCE_MS,
  }: { others?: () => readonly Holder[]; patienceMs?: number } = {},
): Promise<{ release(): void }> {
  const file = join(folder, 'lock');
  const mine: Holder = { pid: process.pid, ticks: startTicks(process.pid) };
  const giveUpAt = performance.now() + patienceMs;
  for (;;) {
    const text = readOrUndefined(file);
    const holder = text === undefined ? undefined : parseHolder(text);
    const busy = [holder, ...others()].find((one) => one !== undefined && isAlive(one.pid, one.ticks));
    if (busy === undefined) {
      if (text !== undefined) discard(file, text);
      if (create(file, mine)) return { release: () => rmSync(file, { force: true }) };
    } else if (performance.now() > giveUpAt) {
      throw configurationError(
        '--data',
        `${folder} is in use by process ${busy.pid}`,
        'stop that run, or choose another folder with --data',
      );
    }
    await delay(LOOK_AGAIN_MS);
  }
}

/** The process that holds the folder now, if it lives. */
export function holderOf(folder: string): Holder | undefined {
  const text = readOrUndefined(join(folder, 'lock'));
  const holder = text === undefined ? undefined : parseHolder(text);
  return holder !== undefined && isAlive(holder.pid, holder.ticks) ? holder : undefined;
}

function create(file: string, holder: Holder): boolean {
  try {
    writeFileSync(file, JSON.stringify(holder), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes the lock of a dead process, unless another run has just put its own in this place. */
function discard(file: string, expected: string): void {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    return;
  }
  if (readOrUndefined(aside) === expected) rmSync(aside, { force: true });
  else renameSync(aside, file);
}

function readOrUndefined(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function parseHolder(text: string): Holder | undefined {
  try {
    return holderSchema.parse(JSON.parse(text));
  } catch {
    // Killed between creating the file and filling it.
    return undefined;
  }
}
