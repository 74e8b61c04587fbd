import { describe, expect, it } from 'vitest';
import { createRetryPolicy } from '../../lib/top/retryPolicy.ts';
import { transportError } from '../../lib/top/transportErrors.ts';

const fault = transportError('server-error', { method: 'tmall.car.get' });

/** Makes calls of which every `n`-th attempt fails; answers how many calls ended with the fault. */
function lostCalls(calls: number, isFailing: (attempt: number) => boolean): number {
  const policy = createRetryPolicy(() => 0.5);
  let attempts = 0;
  let lost = 0;
  for (let call = 0; call < calls; call += 1) {
    for (let repeats = 0; ; repeats += 1) {
      attempts += 1;
      if (!isFailing(attempts)) {
        policy.succeeded(repeats);
        break;
      }
      if (policy.delayBefore(fault, repeats) === undefined) {
        lost += 1;
        break;
      }
    }
  }
  return lost;
}

describe('the retry policy', () => {
  it('loses no call to a gateway that fails now and then, however long that goes on', () => {
    expect(lostCalls(2000, (attempt) => attempt % 5 === 0)).toBe(0);
  });

  it('stops repeating when nothing gets through', () => {
    let attempts = 0;
    const lost = lostCalls(500, () => {
      attempts += 1;
      return true;
    });

    expect([lost, attempts - lost]).toEqual([500, 10]);
  });

  it('waits a random share of a doubling delay, and repeats a call twice at most', () => {
    const policy = createRetryPolicy(() => 0.5);

    expect([0, 1, 2].map((repeats) => policy.delayBefore(fault, repeats))).toEqual([100, 200, undefined]);
  });
});
