import { createRandom, hash32 } from '../random.ts';

const DAY_MS = 86_400_000;
const HISTORY_DAYS = 90;
const SECOND_MS = 1000;
const BUSY_MINUTES = 3;

/**
 * Creation times of the history, ascending, whole seconds within the 90 days before `anchorAt`. Some share
 * a second, some crowd into a few busy minutes.
 */
export function historyTimes(seed: string, anchorAt: number, count: number): number[] {
  const random = createRandom(`${seed}/history`);
  const end = floorSecond(anchorAt) - SECOND_MS;
  const span = HISTORY_DAYS * DAY_MS - 120_000;
  const busy = Array.from({ length: BUSY_MINUTES }, () => end - 60_000 - random.next() * (span - 60_000));
  const times: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const draw = random.next();
    const previous = times[index - 1];
    if (draw < 0.06 && previous !== undefined) times.push(previous);
    else if (draw < 0.16) times.push(floorSecond(random.pick(busy) + random.next() * 60_000));
    else times.push(floorSecond(end - random.next() * span));
  }
  return times.sort((one, other) => one - other);
}

/** Creation time of the n-th trade after `anchorAt`; never descends with n. */
export function growthTime(seed: string, anchorAt: number, perMinute: number, n: number): number {
  // Now and then a trade shares the second of the one before it.
  const slot = n % 7 === 3 ? n - 1 : n;
  const jitter = hash32(`${seed}/growth/${slot}`) / 0x1_0000_0000;
  return floorSecond(anchorAt + ((slot + jitter) * 60_000) / perMinute);
}

export function floorSecond(epochMs: number): number {
  return Math.floor(epochMs / SECOND_MS) * SECOND_MS;
}
