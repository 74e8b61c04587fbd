import * as z from 'zod';
import { toEpochMs } from '../domain/chinaTime.ts';
import { refusedState } from '../store/stateRefusal.ts';
import type { StreamState } from '../store/streamState.ts';
import type { Place } from './pullSource.ts';
import { windowCountsSchema } from './windowCounts.ts';

/** Clocks of different machines may differ by this much. */
const CLOCK_TOLERANCE_MS = 5 * 60_000;

const time = z.lazy(() => z.iso.datetime({ offset: true }));
/** The source that wrote it reads it again by its own schema. */
const place = z.lazy(() => z.custom<Place>((value) => typeof value === 'object' && value !== null));

/** The window being read, as kept in the stream's state. */
const storedWindowSchema = z.lazy(() =>
  z.object({
    from: time,
    to: time,
    /** Walks that did not add up. */
    attempts: z.int(),
    /** Runs in which the source could not be asked for this window. */
    faults: z.int(),
    place: place.optional(),
    /** Of the rows that this walk has brought where they belong. */
    counts: windowCountsSchema.optional(),
    /** What a failed walk learnt for the next one. */
    hint: place.optional(),
    /** Stream whose ledger row this window is; absent for the stream's own windows. */
    ledger: z.string().optional(),
  }),
);
export type StoredWindow = z.output<typeof storedWindowSchema>;

const count = z.lazy(() => z.int().nonnegative());

/** What the windows of one Beijing day came to so far. */
const sweptDaySchema = z.lazy(() =>
  z.strictObject({
    day: z.iso.date(),
    /** The sweep has walked it from its first second on. */
    isWhole: z.boolean(),
    windows: count,
    /** Windows of the day that this sweep had to give up. */
    open: count,
    unknownUpstream: count,
    counts: windowCountsSchema,
  }),
);
export type SweptDay = z.output<typeof sweptDaySchema>;

const memorySchema = z.lazy(() =>
  z.object({
    watermark: time.optional(),
    window: storedWindowSchema.optional(),
    sweep: z.object({ from: time, to: time, begunAt: time.optional() }).optional(),
    /** Sweep: the day whose windows are being walked. */
    sweptDay: sweptDaySchema.optional(),
    /** When the last sweep or backfill ended, and its bounds. */
    finishedAt: time.optional(),
    swept: z.object({ from: time, to: time }).optional(),
    /** First `from` of a live stream. */
    startedFrom: time.optional(),
    /** When the last window that moved the watermark closed. */
    closedAt: time.optional(),
    /** Within the overlap: what was already read again ends here. */
    position: time.optional(),
    /** Longest window at present, in milliseconds. */
    lengthMs: z.int().positive().optional(),
    /** Sweep: the last ledger row that was tried. */
    ledgerAt: z.string().optional(),
  }),
);
export type StreamMemory = z.output<typeof memorySchema>;

/**
 * What a stream's state says. Fails closed: a state that no version of this program wrote, or a watermark
 * from the future, is shown to a person instead of being repaired by guessing.
 *
 * @throws CarferryError `park`, `state-unreadable` or `watermark-in-future`.
 */
export function readMemory(state: StreamState, now: number): StreamMemory {
  const read = memorySchema.safeParse(state);
  if (!read.success) throw refusedState('state-unreadable', read.error.issues[0]?.path.join('.'));
  const { watermark } = read.data;
  if (watermark !== undefined && toEpochMs(watermark) > now + CLOCK_TOLERANCE_MS) {
    throw refusedState('watermark-in-future', 'watermark');
  }
  return read.data;
}
