import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drainTime, paceOf } from '../../../../infra/local/live/drainTime.ts';

const calm = { orders: 0, leads: 0, due: 0, carRate: 5, leadRate: 5, bannedMs: 0 };

describe('the time until what waits is worked off', () => {
  it.each([
    ['nothing waits', {}, undefined],
    ['nothing waits behind a ban', { bannedMs: 60_000 }, undefined],
    ['orders, by the rates', { orders: 100 }, { leftMs: 20_000, by: 'rates' }],
    [
      'orders and due checks share the line of leads',
      { orders: 100, due: 50 },
      { leftMs: 30_000, by: 'rates' },
    ],
    ['the slower line decides', { orders: 100, carRate: 1 }, { leftMs: 100_000, by: 'rates' }],
    ['orders, by the pace', { orders: 100, ordersPerSecond: 2 }, { leftMs: 50_000, by: 'last-minutes' }],
    ['no order was stored lately', { orders: 100, ordersPerSecond: 0 }, { leftMs: 20_000, by: 'rates' }],
    [
      'only checks: the pace of orders says nothing',
      { due: 10, ordersPerSecond: 2 },
      { leftMs: 2_000, by: 'rates' },
    ],
    ['a ban comes first', { orders: 5, bannedMs: 60_000 }, { leftMs: 61_000, by: 'rates' }],
  ])('%s', (_, more, expected) => {
    expect(drainTime({ ...calm, ...more })).toEqual(expected);
  });

  it('is never less with more to do, and always a finite time', () => {
    const count = fc.nat({ max: 100_000 });
    const waiting = fc.record({ orders: count, leads: count, due: count });
    const rate = fc.double({ min: 0.1, max: 1000, noNaN: true });
    fc.assert(
      fc.property(waiting, count, rate, fc.option(rate), (some, more, leadRate, pace) => {
        const input = { ...calm, ...some, leadRate, ordersPerSecond: pace ?? undefined };
        const less = drainTime(input)?.leftMs ?? 0;
        const longer = drainTime({ ...input, due: some.due + more })?.leftMs ?? 0;
        expect(Number.isFinite(longer)).toBe(true);
        expect(longer).toBeGreaterThanOrEqual(less);
      }),
    );
  });
});

describe('the pace of the last minutes', () => {
  it.each([
    ['is not known before a minute has passed', [9, 9, 9, 9, 9], undefined],
    ['is the mean of what was watched', [0, 0, 0, 0, 0, 60], 1],
    ['forgets what is older', [...Array(30).fill(600), ...Array(30).fill(10)], 1],
  ])('%s', (_, orders, expected) => {
    expect(paceOf({ stepMs: 10_000, orders })).toBe(expected);
  });
});
