import { describe, expect, it } from 'vitest';
import { coldStart } from '../../lib/lambda/coldStart.ts';

describe('coldStart', () => {
  it('builds nothing until it is asked, then once for all callers', async () => {
    let built = 0;
    const start = coldStart(() => ({ number: ++built }));

    const before = built;
    const [first, second] = await Promise.all([start(), start()]);
    const third = await start();

    expect(before).toBe(0);
    expect([first, second, third]).toEqual([{ number: 1 }, { number: 1 }, { number: 1 }]);
  });

  it('forgets a failure, so that the next invocation builds again', async () => {
    let calls = 0;
    const start = coldStart(() => {
      calls += 1;
      if (calls === 1) throw new Error('no configuration yet');
      return 'built';
    });

    await expect(start()).rejects.toThrow('no configuration yet');
    const second = await start();

    expect(second).toBe('built');
  });
});
