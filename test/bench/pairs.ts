/** A piece of work; answers how many things it did for each second of processor time. */
export type Contender = () => Promise<number> | number;

/** How one contender compares with another, pair by pair. */
export type Pairing = {
  /** Median of the pairs' ratios. */
  readonly ratio: number;
  readonly ratios: readonly number[];
  /** Medians, things per second of processor time. */
  readonly ours: number;
  readonly theirs: number;
};

/**
 * Runs `ours` and `theirs` in turn and compares each pair: a shared machine changes its speed within seconds,
 * so only neighbours are comparable. One pair more warms both up and is not counted.
 *
 * @param options `inTurn`: every second pair begins with `theirs`.
 */
export async function inPairs(
  ours: Contender,
  theirs: Contender,
  pairs: number,
  { inTurn = true }: { readonly inTurn?: boolean } = {},
): Promise<Pairing> {
  const rates: { ours: number; theirs: number }[] = [];
  for (let pair = 0; pair <= pairs; pair += 1) {
    const isSwapped = inTurn && pair % 2 === 1;
    const first = await (isSwapped ? theirs : ours)();
    const second = await (isSwapped ? ours : theirs)();
    if (pair === 0) continue;
    rates.push(isSwapped ? { ours: second, theirs: first } : { ours: first, theirs: second });
  }
  const ratios = rates.map((rate) => rate.ours / rate.theirs);
  return {
    ratio: median(ratios),
    ratios,
    ours: median(rates.map((rate) => rate.ours)),
    theirs: median(rates.map((rate) => rate.theirs)),
  };
}

/** The middle one, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [upper = Number.NaN, lower = upper] = [sorted[middle], sorted[middle - 1]];
  return sorted.length % 2 === 1 ? upper : (upper + lower) / 2;
}

/**
 * Does `work` `count` times, `width` at a time; answers how many for each second of this process's processor
 * time. Unlike the clock on the wall it does not count what other programs of a shared machine take; with the
 * servers in processes of their own and the client never idle, both say the same on a machine of one's own.
 */
export async function rateOf(count: number, width: number, work: () => Promise<unknown>): Promise<number> {
  let begun = 0;
  const worker = async (): Promise<void> => {
    while (begun < count) {
      begun += 1;
      await work();
    }
  };
  const before = process.cpuUsage();
  await Promise.all(Array.from({ length: width }, worker));
  return perSecond(count, before);
}

/** How many for each second of processor time since `before`. */
export function perSecond(count: number, before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (count * 1_000_000) / (user + system);
}
