import { expect, it } from 'vitest';
import { runLimiter } from './limiterRun.ts';

/*
 * A short run on a machine that does other things at the same time: the processes are told four fifths of what the
 * gateway allows, and how much of it they use is not judged. `npm run test:limiter` has 20 processes and no such room.
 */
it('four real processes keep one limit together, and all of them keep a ban that one has met', async () => {
  const plan = { limit: 25, configured: 20, processes: { live: 3, sweep: 1 }, callers: 3, seconds: 6 };

  const result = await runLimiter({ ...plan, ban: { afterSeconds: 2, seconds: 3 } });

  expect(result.mostInASecond).toBeLessThanOrEqual(25);
  expect(result.outcomes['ok']).toBeGreaterThan(0);
  expect(result.outcomes['code 7 late'] ?? 0).toBe(0);
  expect(result.latestAfterBan).toBeLessThanOrEqual(1000);
});
