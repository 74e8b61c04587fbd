import * as z from 'zod';

const count = z.lazy(() => z.int().nonnegative());

/**
 * What the rows of a window came to, each row once: `distinct` = `enqueued` + `unchanged` + `parked` (what was
 * done) = `present` + `missing` + `parked` (what was found in the table).
 */
export const windowCountsSchema = z.lazy(() =>
  z.strictObject({
    distinct: count,
    enqueued: count,
    unchanged: count,
    parked: count,
    present: count,
    missing: count,
    /** Of the missing: stored in another version, or altered. */
    differing: count,
    /** Rows that name another seller than the one asked for. */
    foreignSeller: count,
    /** Of each missing row the token of its version; incomplete when there are too many. */
    awaited: z.string().default(''),
  }),
);
export type WindowCounts = z.output<typeof windowCountsSchema>;

export const NO_ROWS: WindowCounts = {
  distinct: 0,
  enqueued: 0,
  unchanged: 0,
  parked: 0,
  present: 0,
  missing: 0,
  differing: 0,
  foreignSeller: 0,
  awaited: '',
};

/** A day with more missing rows than this waits for its next sweep. */
const MOST_AWAITED = 1_000;

/** Sum of the counts of two sets of rows that have no row in common. */
export function addCounts(a: WindowCounts, b: WindowCounts): WindowCounts {
  return {
    distinct: a.distinct + b.distinct,
    enqueued: a.enqueued + b.enqueued,
    unchanged: a.unchanged + b.unchanged,
    parked: a.parked + b.parked,
    present: a.present + b.present,
    missing: a.missing + b.missing,
    differing: a.differing + b.differing,
    foreignSeller: a.foreignSeller + b.foreignSeller,
    awaited: a.missing + b.missing > MOST_AWAITED ? a.awaited : a.awaited + b.awaited,
  };
}

/** What became of one row. */
export type RowOutcome = {
  /** How the table stood when the row was compared; `unreadable` rows are compared with nothing. */
  readonly found: 'present' | 'absent' | 'differing' | 'unreadable';
  readonly done: 'enqueued' | 'unchanged' | 'parked';
  readonly isForeign?: boolean;
  /** Token of its version, see `seenRows.ts`. */
  readonly version?: string;
};

/** The counts of one row. */
export function countsOf({ found, done, isForeign = false, version = '' }: RowOutcome): WindowCounts {
  const isMissing = done !== 'parked' && (found === 'absent' || found === 'differing');
  return {
    distinct: 1,
    enqueued: done === 'enqueued' ? 1 : 0,
    unchanged: done === 'unchanged' ? 1 : 0,
    parked: done === 'parked' ? 1 : 0,
    present: done !== 'parked' && !isMissing ? 1 : 0,
    missing: isMissing ? 1 : 0,
    differing: isMissing && found === 'differing' ? 1 : 0,
    foreignSeller: isForeign ? 1 : 0,
    awaited: isMissing ? version : '',
  };
}
