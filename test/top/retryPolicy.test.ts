import { describe, expect, it } from 'vitest';
import { createRetryPolicy } from '../../lib/top/retryPolicy.ts';
import { transportError } from '../../lib/top/transportErrors.ts';

const fault = transportError('server-error', { method: 'tmall.car.get' });

/** Makes calls of which every `n`-th attempt fails; answers how many calls ended with the fault. */
function lostCalls(calls: number, isFailing: (attempt: number) => boolean): number {
  const policy = createRetryPolicy(
    () => 0.5,
    () => 0,
  );
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

/**
 * A client that calls steadily, first a healthy gateway and then one that fails every time; answers when its calls
 * began and when its attempts were made, ms.
 */
function totalFailure(callsPerSecond: number, healthyMs: number, endMs: number) {
  let now = 0;
  const policy = createRetryPolicy(
    () => 0.5,
    () => now,
  );
  const due: { at: number; repeats: number }[] = [];
  for (let at = 0; at < endMs; at += 1000 / callsPerSecond) due.push({ at, repeats: 0 });
  const calls: number[] = [];
  const attempts: number[] = [];
  for (let next = due.shift(); next !== undefined; next = due.shift()) {
    now = next.at;
    const { repeats } = next;
    if (repeats === 0) calls.push(now);
    attempts.push(now);
    if (now < healthyMs) {
      policy.succeeded(repeats);
      continue;
    }
    const delay = policy.delayBefore(fault, repeats);
    if (delay === undefined) continue;
    const at = now + delay;
    const place = due.findIndex((other) => other.at > at);
    due.splice(place < 0 ? due.length : place, 0, { at, repeats: repeats + 1 });
  }
  return { calls, attempts };
}

describe('the retry policy', () => {
  it.each([
    { callsPerSecond: 0.5, healthyMs: 0 },
    { callsPerSecond: 0.5, healthyMs: 600_000 },
    { callsPerSecond: 1, healthyMs: 300_000 },
    { callsPerSecond: 5, healthyMs: 0 },
    { callsPerSecond: 5, healthyMs: 120_000 },
    { callsPerSecond: 40, healthyMs: 90_000 },
  ])('adds at most a tenth to the calls of any minute of total failure, at $callsPerSecond/s', (traffic) => {
    const { callsPerSecond, healthyMs } = traffic;
    const { calls, attempts } = totalFailure(callsPerSecond, healthyMs, healthyMs + 300_000);

    for (let from = healthyMs; from <= healthyMs + 240_000; from += 500) {
      const isInside = (at: number) => at >= from && at < from + 60_000;
      const amplification = attempts.filter(isInside).length / calls.filter(isInside).length;
      expect(amplification).toBeLessThanOrEqual(1.1);
    }
    expect(attempts.length).toBeGreaterThan(calls.length);
  });

  it('repeats again as soon as the minute of a failure is over', () => {
    let now = 0;
    const policy = createRetryPolicy(
      () => 0.5,
      () => now,
    );
    const repeated = () => Array.from({ length: 5 }, () => policy.delayBefore(fault, 0) !== undefined);

    const first = repeated();
    now = 62_000;
    const second = repeated();

    expect([first, second]).toEqual([
      [true, true, false, false, false],
      [true, true, false, false, false],
    ]);
  });

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
    const policy = createRetryPolicy(
      () => 0.5,
      () => 0,
    );

    expect([0, 1, 2].map((repeats) => policy.delayBefore(fault, repeats))).toEqual([100, 200, undefined]);
  });
});
