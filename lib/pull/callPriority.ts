import type { CallPriority } from '../top/rateBudget.ts';
import type { Lane } from './lanes.ts';

/** Live work goes before whatever reads again, that before what reads a past nobody waits for. */
export function callPriority(lane: Lane): CallPriority {
  if (lane === 'live' || lane === 'backfill') return lane;
  return 'sweep';
}
