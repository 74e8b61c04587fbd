import type { Cell } from './cell.ts';
import type { Point, Selector } from './point.ts';
import { PULL_POINTS } from './pullPoints.ts';
import { STORE_POINTS } from './storePoints.ts';

/** The crash matrix: what goes wrong where, what must come of it, and which cells show it. */
export const POINTS: Readonly<Record<string, Point>> = { ...PULL_POINTS, ...STORE_POINTS };

function matches(text: string, patterns: readonly string[] | undefined): boolean {
  return (
    patterns === undefined ||
    patterns.some((pattern) =>
      pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : text === pattern,
    )
  );
}

/** The function that a step calls. */
export function functionOf(step: string): string {
  const [, name = step] = step.split('.');
  return name.startsWith('push') ? 'receiveWebhook' : name;
}

/** Points that a cell belongs to, e.g. `['C9', 'C26']`. */
export function pointsOf(cell: Pick<Cell, 'step' | 'effect' | 'kind'>): string[] {
  const fits = ({ functions, effects, kinds }: Selector): boolean =>
    matches(functionOf(cell.step), functions) &&
    matches(cell.effect, effects) &&
    (kinds === undefined || kinds.includes(cell.kind));
  return Object.entries(POINTS)
    .filter(([, { cells = [] }]) => cells.some(fits))
    .map(([id]) => id);
}
