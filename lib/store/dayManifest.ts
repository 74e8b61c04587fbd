import * as z from 'zod';

/**
 * What a sweep found when it had walked every window of a shop's Beijing day: upstream = present + missing +
 * parked. `present`: the table holds the trade at the very version upstream shows. `missing`: it does not, so the
 * trade was sent to the queue; `differing` of them are stored in another version or were altered by hand.
 * `healed`: trades that an earlier sweep missed and this one found present, summed over the day's sweeps (at
 * least: only counts are compared). `unknownUpstream`: stored orders of the day that the listing did not show.
 */
export const dayManifestSchema = z.lazy(() =>
  z.strictObject({
    v: z.literal(1),
    shop: z.string(),
    /** Beijing day, `yyyy-MM-dd`. */
    day: z.iso.date(),
    upstream: z.int().nonnegative(),
    present: z.int().nonnegative(),
    missing: z.int().nonnegative(),
    differing: z.int().nonnegative(),
    healed: z.int().nonnegative(),
    parked: z.int().nonnegative(),
    unknownUpstream: z.int().nonnegative(),
    windows: z.int().nonnegative(),
    /** Lane of the sweep. */
    lane: z.string(),
    /** When the sweep closed the day; ISO `+08:00`. */
    at: z.iso.datetime({ offset: true }),
    /** Green: nothing is missing, and no window of the day is open. */
    state: z.enum(['green', 'red']),
    /** Why it is red. */
    reason: z.enum(['missing', 'open-window', 'day-not-over']).optional(),
    /** Of each missing trade a short token of its hash, so that its arrival can be seen without asking TOP. */
    awaited: z.string().optional(),
    /** Names the sweep that wrote the row, so that writing it twice counts nothing twice. */
    sweep: z.string(),
  }),
);
export type DayManifest = z.output<typeof dayManifestSchema>;
