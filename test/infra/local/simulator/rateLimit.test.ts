import { expect, test } from 'vitest';
import { createRateLimit } from '../../../../infra/local/simulator/rateLimit.ts';

test('the call beyond 2,000 in a clock second begins a ban of one second for its method', () => {
  const limit = createRateLimit(() => ({}));
  const calls = (method: string, now: number, count: number) =>
    Array.from({ length: count }, () => limit.admit('key', method, now)).filter((wait) => wait !== undefined)
      .length;

  expect(calls('a', 10_400, 2000)).toBe(0);
  expect(limit.admit('key', 'a', 10_500)).toEqual({ seconds: 1, scope: 'api', late: false });
  expect(limit.admit('key', 'b', 10_500)).toBeUndefined();
  expect(limit.admit('key', 'a', 11_499)).toEqual({ seconds: 1, scope: 'api', late: false });
  expect(limit.admit('key', 'a', 11_500)).toBeUndefined();
});

test('a call over a second after its ban was told is late; a ban without a method is of the whole app', () => {
  const limit = createRateLimit(() => ({}));
  limit.begin({ seconds: 5 }, 10_000);

  expect(limit.admit('key', 'a', 10_200)).toEqual({ seconds: 5, scope: 'app', late: false });
  expect(limit.admit('key', 'b', 11_200)).toEqual({ seconds: 4, scope: 'app', late: false });
  expect(limit.admit('key', 'a', 11_300)).toEqual({ seconds: 4, scope: 'app', late: true });
  expect(limit.admit('key', 'a', 15_000)).toBeUndefined();
});
