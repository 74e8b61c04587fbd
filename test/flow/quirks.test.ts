import { afterEach, describe, expect, it, vi } from 'vitest';
import { expectTruth, factsFound, factsOf, METHODS, type QuirkRun, startQuirkRun } from './quirkRun.ts';

/* Whole runs of `npm start -- --once` against a gateway that misbehaves as the real one does. */

vi.setConfig({ testTimeout: 180_000 });

let world: QuirkRun;
afterEach(() => world.close());

describe('a run against a gateway that fails now and then', () => {
  it('ends with every order as it truly is', async () => {
    world = await startQuirkRun({ seed: 'faults', shops: 1, trades: 30 });
    await world.setQuirks({
      htmlRate: 0.05,
      truncateRate: 0.05,
      serverErrorRate: 0.05,
      unknownFieldRate: 0.2,
    });

    const ended = await world.once();

    const outcomes = Object.values(await world.stats()).flatMap((method) => Object.keys(method.outcomes));
    expect([ended.code, ended.summary().incomplete], ended.stderr).toEqual([0, []]);
    expect(outcomes).toEqual(expect.arrayContaining(['html', 'serverError', 'truncated']));
    await expectTruth(world, ended.summary());
  });

  it('waits out short bans, and no call starts later than a second after one was told', async () => {
    world = await startQuirkRun({ seed: 'bans', shops: 1, trades: 30 });
    const ban = (method: string, everyCalls: number) => ({ method, seconds: 2, everyCalls });
    await world.setQuirks({
      ban: [ban(METHODS.ads, 150), ban(METHODS.car, 9), ban(METHODS.lead, 12), ban(METHODS.trades, 70)],
    });

    const ended = await world.once();

    const outcomes = Object.values(await world.stats()).flatMap((method) => Object.keys(method.outcomes));
    expect([ended.code, ended.summary().incomplete], ended.stderr).toEqual([0, []]);
    expect(outcomes).toContain('code 7');
    expect(outcomes).not.toContain('code 7 late');
    await expectTruth(world, ended.summary());
  });
});

describe('--from and --to', () => {
  it('bound the pull by creation, first moment included, last not', async () => {
    world = await startQuirkRun({ seed: 'bounds', shops: 1 });
    const bounds = {
      from: '2026-10-01T00:00:00+08:00',
      to: '2026-11-01T00:00:00+08:00',
    };

    const ended = await world.once(['--from', bounds.from, '--to', bounds.to]);

    const truth = factsOf(await world.truth(bounds));
    const found = factsFound(await world.orders());
    expect(ended.code, ended.stderr).toBe(0);
    expect(found).toEqual(truth);
  });

  it.each([
    ['secret', { TOP_APP_SECRET: 'wrong' }, 'TOP_APP_SECRET'],
    ['key', { TOP_APP_KEY: '11111111' }, 'TOP_APP_KEY'],
  ])('a wrong app %s ends with 2 after a few refused calls', async (_, wrong, named) => {
    world = await startQuirkRun({ seed: 'wrong', trades: 3, shops: 1 });

    const ended = await world.once([], wrong);

    const calls = Object.values(await world.stats()).reduce((sum, method) => sum + method.calls, 0);
    expect([ended.code, ended.stdout]).toEqual([2, '']);
    expect(ended.stderr.trim().split('\n').at(-1)).toContain(named);
    expect(calls).toBeLessThanOrEqual(3);
  });
});
