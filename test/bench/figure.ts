/** What is compared with a goal. */
export type Result = {
  readonly value: number;
  /** What the value was made from, in a few words. */
  readonly detail: string;
};

/** One figure: measured on the spot, as a ratio or a bound, never as seconds of this machine alone. */
export type Figure = {
  /** Kebab-case; what `--only` takes. */
  readonly name: string;
  readonly what: string;
  readonly inputs: string;
  readonly goal: { readonly atLeast: number } | { readonly atMost: number };
  /** Digits after the point, and a unit. */
  readonly shown: { readonly digits: number; readonly unit: string };
};

/** Figures that share their preparation; one of them may bring several results. */
export type Measurement = {
  readonly figures: readonly Figure[];
  /** Results by the figure's name, for those of `wanted`. */
  readonly measure: (
    wanted: ReadonlySet<string>,
    say: (line: string) => void,
  ) => Promise<Map<string, Result>>;
};

export function meets({ goal }: Figure, { value }: Result): boolean {
  return 'atLeast' in goal ? value >= goal.atLeast : value <= goal.atMost;
}

/** The spread of paired ratios, for a reader who knows the machine was shared. */
export function spread(ratios: readonly number[]): string {
  const sorted = ratios.toSorted((a, b) => a - b);
  return `${sorted.length} pairs, ${(sorted[0] ?? 0).toFixed(2)}–${(sorted.at(-1) ?? 0).toFixed(2)}`;
}
