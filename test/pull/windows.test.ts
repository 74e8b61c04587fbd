import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chinaDate, toEpochMs } from '../../lib/domain/chinaTime.ts';
import {
  type Bounds,
  halvedLength,
  inclusiveMilliseconds,
  inclusiveSeconds,
  LONGEST_WINDOW_MS,
  nextMidnight,
  nextWindow,
  wholeSecond,
} from '../../lib/pull/windows.ts';

const START = toEpochMs('2026-11-01T00:00:00+08:00');
const SECOND = 1000;

/** Every window from `start` to `end`, as a stream that closes each one reads them. */
function windowsOf(options: {
  start: number;
  end: number;
  overlapMs: number;
  lengthMs: number;
  splitsAtMidnight: boolean;
}): Bounds[] {
  const windows: Bounds[] = [];
  let watermark = options.start;
  let position: number | undefined;
  for (;;) {
    const next = nextWindow({ ...options, watermark, position });
    if (next === undefined) return windows;
    windows.push(next);
    if (next.to > watermark) {
      watermark = next.to;
      position = undefined;
    } else position = next.to;
    if (windows.length > 5_000) throw new Error('the windows make no progress');
  }
}

const plans = fc.record({
  start: fc.integer({ min: 0, max: 200_000 }).map((seconds) => START + seconds * SECOND),
  spanSeconds: fc.integer({ min: 1, max: 300_000 }),
  overlapMs: fc.constantFrom(0, 1, 60, 300, 3_600).map((seconds) => seconds * SECOND),
  lengthMs: fc.constantFrom(600, 3_601, 86_400).map((seconds) => seconds * SECOND),
  splitsAtMidnight: fc.boolean(),
});

describe('windows', () => {
  it('cover all of the time between start and end, in order, without a gap of even a second', () => {
    fc.assert(
      fc.property(plans, ({ spanSeconds, ...plan }) => {
        const end = plan.start + spanSeconds * SECOND;
        const windows = windowsOf({ ...plan, end });

        let covered = plan.start;
        for (const window of windows) {
          expect(window.from).toBeLessThanOrEqual(covered);
          expect(window.to).toBeGreaterThan(window.from);
          covered = Math.max(covered, window.to);
        }
        expect(covered).toBe(end);
      }),
    );
  });

  it('never begin before the first from, never end behind the end, never are longer than asked', () => {
    fc.assert(
      fc.property(plans, ({ spanSeconds, ...plan }) => {
        const end = plan.start + spanSeconds * SECOND;

        for (const { from, to } of windowsOf({ ...plan, end })) {
          expect(from).toBeGreaterThanOrEqual(plan.start);
          expect(to).toBeLessThanOrEqual(end);
          expect(to - from).toBeLessThanOrEqual(plan.lengthMs);
          expect([from % SECOND, to % SECOND]).toEqual([0, 0]);
        }
      }),
    );
  });

  it('overlap their predecessor by the whole overlap when windows are long enough', () => {
    fc.assert(
      fc.property(plans, ({ spanSeconds, ...plan }) => {
        const lengthMs = Math.max(plan.lengthMs, 2 * plan.overlapMs);
        const end = plan.start + spanSeconds * SECOND;
        const windows = windowsOf({ ...plan, end, lengthMs, splitsAtMidnight: false });

        for (const [index, { from }] of windows.entries()) {
          const before = windows[index - 1];
          if (before !== undefined) expect(from).toBe(Math.max(plan.start, before.to - plan.overlapMs));
        }
      }),
    );
  });

  it('never cross a Beijing midnight when the source forbids it', () => {
    fc.assert(
      fc.property(plans, ({ spanSeconds, ...plan }) => {
        const end = plan.start + spanSeconds * SECOND;

        for (const window of windowsOf({ ...plan, end, splitsAtMidnight: true })) {
          const { first, last } = inclusiveMilliseconds(window);
          expect(chinaDate(first)).toBe(chinaDate(last));
        }
      }),
    );
  });

  it('ask TOP for every second exactly once when there is no overlap', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 1, max: 600 }), (span, length) => {
        const end = START + span * SECOND;
        const lengthMs = length * SECOND;
        const asked = new Map<number, number>();
        for (const window of windowsOf({
          start: START,
          end,
          overlapMs: 0,
          lengthMs,
          splitsAtMidnight: false,
        })) {
          const { first, last } = inclusiveSeconds(window);
          for (let at = first; at <= last; at += SECOND) asked.set(at, (asked.get(at) ?? 0) + 1);
        }

        expect(asked.size).toBe(span);
        expect(new Set(asked.values())).toEqual(new Set([1]));
        expect([Math.min(...asked.keys()), Math.max(...asked.keys())]).toEqual([START, end - SECOND]);
      }),
      { numRuns: 30 },
    );
  });

  it('of one second still make progress through an overlap that is longer', () => {
    const end = START + 20 * SECOND;

    const windows = windowsOf({
      start: START,
      end,
      overlapMs: 300 * SECOND,
      lengthMs: SECOND,
      splitsAtMidnight: false,
    });

    expect(windows).toHaveLength(20);
  });

  it.each([
    ['2026-11-20T23:59:59.999+08:00', '2026-11-21T00:00:00+08:00'],
    ['2026-11-20T00:00:00+08:00', '2026-11-21T00:00:00+08:00'],
    ['2026-11-20T17:00:00Z', '2026-11-22T00:00:00+08:00'],
  ])('know the midnight after %s', (at, midnight) => {
    expect(nextMidnight(toEpochMs(at))).toBe(toEpochMs(midnight));
  });

  it('halve down to one second and not below', () => {
    let window: Bounds = { from: START, to: START + LONGEST_WINDOW_MS };
    for (let halvings = 0; halvings < 30; halvings += 1) {
      window = { from: START, to: START + halvedLength(window) };
      expect(wholeSecond(window.to)).toBe(window.to);
    }

    expect(window.to - window.from).toBe(SECOND);
  });
});
