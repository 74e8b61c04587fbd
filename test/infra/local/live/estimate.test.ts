import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimate } from '../../../../infra/local/live/estimate.ts';

const begun = {
  elapsedMs: 10_000,
  streams: [{ source: 'trades', share: 0.5, enqueued: 100, pages: 20 }],
  waiting: 0,
  due: 0,
  handled: 100,
  bannedMs: 0,
};

describe('the estimate of what is left', () => {
  it('expects the unread half to be like the read one', () => {
    expect(estimate(begun)).toEqual({ share: 0.5, leftMs: 10_000 });
  });

  it.each([
    ['messages that wait', { waiting: 120 }],
    ['lead checks that are due', { due: 120 }],
    [
      'a second source that is further behind',
      { streams: [...begun.streams, { source: 'adOrders', share: 0.1, enqueued: 10, pages: 2 }] },
    ],
  ])('counts %s', (_, more) => {
    expect(estimate({ ...begun, ...more })?.leftMs).toBeGreaterThan(10_000);
  });

  it('is at least as long as a ban', () => {
    expect(estimate({ ...begun, bannedMs: 60_000 })?.leftMs).toBe(60_000);
  });

  it.each([
    ['no stream has begun', { streams: [] }],
    ['a source has hardly begun', { streams: [{ source: 'trades', share: 0.01, enqueued: 1, pages: 1 }] }],
    ['the run is too young for a rate', { elapsedMs: 500 }],
  ])('says nothing while %s', (_, less) => {
    expect(estimate({ ...begun, ...less })).toBeUndefined();
  });

  it('is whole when everything is read and nothing waits', () => {
    const streams = [{ source: 'trades', share: 1, enqueued: 100, pages: 20 }];

    expect(estimate({ ...begun, streams })).toEqual({ share: 1, leftMs: 0 });
  });

  it('stays between nothing and everything whatever it is told', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const stream = fc.record({
      source: fc.constantFrom('trades', 'adOrders'),
      share,
      enqueued: fc.nat(),
      pages: fc.nat(),
    });
    const input = fc.record({
      elapsedMs: fc.nat(),
      streams: fc.array(stream),
      waiting: fc.nat(),
      due: fc.nat(),
      handled: fc.nat(),
      bannedMs: fc.nat(),
    });
    fc.assert(
      fc.property(input, (told) => {
        const left = estimate(told);
        if (left === undefined) return;
        expect(left.share).toBeGreaterThanOrEqual(0);
        expect(left.share).toBeLessThanOrEqual(1);
        expect(left.leftMs ?? 0).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
