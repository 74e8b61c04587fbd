import type { Baseline, Cell } from './cell.ts';
import { isRead, type Kind, kindsOf } from './kinds.ts';
import { functionOf } from './points.ts';

/** A point of the matrix that exists: an effect of a step, and one of its occurrences. */
export type Place = {
  readonly step: string;
  readonly function: string;
  readonly effect: string;
  readonly nth: number;
};

/** Steps of the sweeps are places of their own; all others of one function are the same place. */
function familyOf(step: string): string {
  const [phase = '', name = ''] = step.split('.');
  return phase === 'sweep' && name.startsWith('pull') ? step : name.replace(/\d+$/, '');
}

/** Kinds for a later occurrence: the ones whose outcome depends on what was done before. */
const LATER: ReadonlySet<Kind> = new Set(['killBefore', 'killAfter', 'zombie']);

/** Every place of the baseline, each where the story comes to it first, and once more in the middle. */
function placesOf({ effects }: Baseline): Place[] {
  const seen = new Set<string>();
  const places: Place[] = [];
  for (const [step, counts] of effects) {
    for (const [effect, count] of counts) {
      const name = `${familyOf(step)} ${effect}`;
      // A sweep reads as a live run does.
      const isKnown = seen.has(name) || (name.startsWith('sweep.') && isRead(effect));
      if (isKnown) continue;
      seen.add(name);
      const place = { step, function: functionOf(step), effect };
      places.push({ ...place, nth: 1 });
      if (count >= 3 && !isRead(effect)) places.push({ ...place, nth: Math.ceil((count + 1) / 2) });
    }
  }
  return places;
}

/** All cells of depth one. */
export function cellsOf(baseline: Baseline): Cell[] {
  return placesOf(baseline).flatMap(({ step, effect, nth }) =>
    kindsOf(effect)
      .filter((kind) => nth === 1 || LATER.has(kind))
      .map((kind) => ({ step, effect, nth, kind })),
  );
}

/** Deterministic numbers in `[0, 1)` (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function pick<T>(list: readonly T[], random: () => number): T {
  const one = list[Math.floor(random() * list.length)];
  if (one === undefined) throw new Error('nothing to pick from');
  return one;
}

/** `count` of the cells, spread evenly over all steps and effects. */
export function sampleOf(cells: readonly Cell[], count: number, seed: number): Cell[] {
  const random = randomOf(seed);
  const every = cells.length / Math.min(count, cells.length);
  const places = Array.from({ length: Math.min(count, cells.length) }, (_, n) => (n + random()) * every);
  return places.flatMap((place) => cells[Math.floor(place)] ?? []);
}

/** Random pairs: the second fault strikes while the first one is being recovered from. */
export function pairsOf(cells: readonly Cell[], count: number, seed: number): Cell[] {
  const random = randomOf(seed);
  return Array.from({ length: count }, () => {
    const first = pick(cells, random);
    // Most of the times close to the first: what comes next is where the state is half done.
    const near = cells.filter(({ step, kind }) => step === first.step && kind !== 'freeze');
    const { effect, kind } = pick(random() < 0.7 ? near : cells, random);
    const second = {
      effect,
      nth: random() < 0.7 ? 1 : 2,
      kind: kind === 'freeze' ? ('killBefore' as const) : kind,
    };
    return { ...first, second };
  });
}

/** How a cell is named on the command line and in a report. */
export function nameOf({ step, effect, nth, kind, second }: Cell): string {
  const again = second === undefined ? '' : ` then ${second.effect}#${second.nth} ${second.kind}`;
  return `${step} ${effect}#${nth} ${kind}${again}`;
}
