import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { CarferryError } from '../../lib/core/errors.ts';
import {
  chinaDate,
  fromChinaWallClock,
  toChinaWallClock,
  toEpochMs,
  toIso,
} from '../../lib/domain/chinaTime.ts';

const ownZone = process.env['TZ'];

afterEach(() => {
  if (ownZone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = ownZone;
});

const epochs = fc.integer({ min: Date.UTC(1980, 0, 1), max: Date.UTC(2200, 0, 1) });

describe.each([
  ['UTC', 0],
  ['Asia/Shanghai', -480],
  ['America/Los_Angeles', 480],
])('on a host in %s', (zone, winterOffset) => {
  const onHost = (check: () => void) => {
    process.env['TZ'] = zone;
    // Proves that the zone is in force.
    expect(new Date(2026, 0, 15).getTimezoneOffset()).toBe(winterOffset);
    check();
  };

  it.each([
    ['2024-09-01 00:00:00', '2024-09-01T00:00:00+08:00', 1_725_120_000_000],
    ['2024-09-01 00:00:00.100', '2024-09-01T00:00:00.100+08:00', 1_725_120_000_100],
    ['2024-09-01 00:00:00.5', '2024-09-01T00:00:00.500+08:00', 1_725_120_000_500],
    ['2000-01-01', '2000-01-01T00:00:00+08:00', 946_656_000_000],
    ['1742880859000', '2025-03-25T13:34:19+08:00', 1_742_880_859_000],
    ['1937297392332', '2031-05-23T18:09:52.332+08:00', 1_937_297_392_332],
    ['2024-02-29 23:59:59', '2024-02-29T23:59:59+08:00', 1_709_222_399_000],
    // Los Angeles skips and repeats these hours; GMT+8 does not.
    ['2026-03-08 02:30:00', '2026-03-08T02:30:00+08:00', 1_772_908_200_000],
    ['2026-11-01 01:30:00', '2026-11-01T01:30:00+08:00', 1_793_467_800_000],
  ])('reads %s as %s', (text, iso, epochMs) => {
    onHost(() => {
      expect(fromChinaWallClock(text)).toBe(iso);
      expect(toEpochMs(iso)).toBe(epochMs);
    });
  });

  it('comes back from every spelling to the same moment', () => {
    onHost(() => {
      fc.assert(
        fc.property(epochs, (epochMs) => {
          expect(toEpochMs(toIso(epochMs))).toBe(epochMs);
          expect(toEpochMs(fromChinaWallClock(toChinaWallClock(epochMs, { ms: true })))).toBe(epochMs);
          expect(toEpochMs(fromChinaWallClock(String(epochMs)))).toBe(epochMs);
          expect(toEpochMs(fromChinaWallClock(toChinaWallClock(epochMs)))).toBe(epochMs - (epochMs % 1000));
          expect(chinaDate(epochMs)).toBe(toChinaWallClock(epochMs).slice(0, 10));
          expect(chinaDate(toIso(epochMs))).toBe(chinaDate(epochMs));
        }),
      );
    });
  });

  it('turns the day at midnight in GMT+8', () => {
    onHost(() => {
      const midnight = Date.UTC(2026, 10, 21, 16);
      expect(chinaDate(midnight - 1)).toBe('2026-11-21');
      expect(chinaDate(midnight)).toBe('2026-11-22');
      expect(toChinaWallClock(midnight - 1, { ms: true })).toBe('2026-11-21 23:59:59.999');
      expect(toChinaWallClock(midnight)).toBe('2026-11-22 00:00:00');
    });
  });
});

describe('fromChinaWallClock', () => {
  it.each([
    '',
    '2024-02-30 00:00:00',
    '2023-02-29',
    '2024-13-01 00:00:00',
    '0000-00-00 00:00:00',
    '2024-09-01 24:00:00',
    '2024-09-01 00:60:00',
    '2024-09-01 00:00:60',
    '2024-9-1 00:00:00',
    '2024/09/01 00:00:00',
    '2024-09-01 00:00',
    '2024-09-01 00:00:00.1234',
    '1742880859',
    '174288085900000',
    '-1742880859000',
    'yesterday',
  ])('parks %j and shows no value', (text) => {
    expect(() => fromChinaWallClock(text)).toThrow(
      expect.objectContaining({
        disposition: 'park',
        reason: 'unreadable-time',
        message: 'expected yyyy-MM-dd[ HH:mm:ss[.SSS]] or epoch milliseconds',
      }),
    );
  });
});

describe('toEpochMs', () => {
  it('reads any offset', () => {
    expect(toEpochMs('2024-09-01T00:00:00Z')).toBe(toEpochMs('2024-09-01T08:00:00+08:00'));
    expect(toEpochMs('2024-08-31T17:00:00.000-07:00')).toBe(toEpochMs('2024-09-01T08:00:00+08:00'));
  });

  it.each(['2024-09-01T00:00:00', '2024-09-01', '2024-13-01T00:00:00Z', '1742880859000', ''])(
    'refuses %j, whose moment would depend on the host',
    (text) => {
      expect(() => toEpochMs(text)).toThrow(CarferryError);
    },
  );
});

describe('toIso', () => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY, 9e15, -7e13])('refuses %d', (epochMs) => {
    expect(() => toIso(epochMs)).toThrow(CarferryError);
  });
});
