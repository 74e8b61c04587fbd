import type { Finding } from './watch.ts';

/** What a run of faults comes to. */
export type Totals = {
  readonly cells: number;
  readonly pairs: number;
  readonly lost: number;
  readonly doubled: number;
  readonly regressed: number;
};

export function createTotals() {
  const totals = { cells: 0, pairs: 0, lost: 0, doubled: 0, regressed: 0 };
  return {
    get all(): Totals {
      return totals;
    },
    count: (what: 'cells' | 'pairs'): void => {
      totals[what] += 1;
    },
    add: (findings: readonly Finding[]): void => {
      for (const { kind } of findings) totals[kind] += 1;
    },
    isClean: (): boolean => totals.lost + totals.doubled + totals.regressed === 0,
  };
}

/** The last line of every report. */
export function lastLine({ all }: { readonly all: Totals }): string {
  const { cells, pairs, lost, doubled, regressed } = all;
  return `cells ${cells} · pairs ${pairs} · lost ${lost} · doubled ${doubled} · regressed ${regressed}`;
}
