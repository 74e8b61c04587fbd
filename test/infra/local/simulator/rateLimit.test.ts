import { expect, test } from 'vitest';
import { createRateLimit } from '../../../../infra/local/simulator/rateLimit.ts';

test('the call beyond 2,000 in a clock second begins a ban of one second for its method', () => {
  const limit = createRateLimit(() => ({}));
  const calls = (method: string, now: number, count: number) =>
    Array.from({ length: count }, () => limit.admit('key', method, now)).filter((wait) => wait !== undefined)
      .length;

  expect(calls('a', 10_400, 2000)).toBe(0);
  expect(limit.admit('key', 'a', 10_500)).toBe(1);
  expect(limit.admit('key', 'b', 10_500)).toBeUndefined();
  expect(limit.admit('key', 'a', 11_499)).toBe(1);
  expect(limit.admit('key', 'a', 11_500)).toBeUndefined();
});
