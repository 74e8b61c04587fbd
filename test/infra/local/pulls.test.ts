import { describe, expect, it } from 'vitest';
import { pullToEnd } from '../../../infra/local/pulls.ts';
import type { PullReport } from '../../../infra/local/reports.ts';

const NONE = { windows: 0, pages: 0, rows: 0, enqueued: 0, unchanged: 0, parked: 0, openWindows: 0 };

function report(stream: string, state: PullReport['state'], more: Partial<PullReport> = {}): PullReport {
  return { ...NONE, stream, source: 'trades', lane: 'live', state, ...more };
}

/** Answers the rounds one after the other, then the last one for ever; waits cost no time. */
function pullThrough(rounds: readonly PullReport[][]) {
  const slept: number[] = [];
  let calls = 0;
  const invoke = async () => {
    calls += 1;
    return { streams: rounds[Math.min(calls, rounds.length) - 1] };
  };
  const clock = {
    now: () => 0,
    sleep: async (ms: number) => {
      slept.push(ms);
    },
  };
  const ended = pullToEnd('pullTrades', {}, { invoke, clock, signal: new AbortController().signal });
  return { ended, slept, calls: () => calls };
}

const day = (n: number) => `2026-11-0${n}T00:00:00+08:00`;

describe('pullToEnd', () => {
  it('goes on at once while a stream has more to do', async () => {
    const pull = pullThrough([[report('a', 'more')], [report('a', 'more')], [report('a', 'caught-up')]]);

    expect((await pull.ended).map(({ state }) => state)).toEqual(['caught-up']);
    expect([pull.calls(), pull.slept]).toEqual([3, []]);
  });

  it('gives a stream up that fails again and again without moving, with growing pauses', async () => {
    const pull = pullThrough([[report('a', 'failed', { reason: 'server-error', watermark: day(1) })]]);

    expect((await pull.ended)[0]).toMatchObject({ state: 'failed', reason: 'server-error' });
    expect(pull.slept).toEqual([1000, 2000, 4000, 8000, 15_000, 15_000, 15_000, 15_000]);
  });

  it('keeps its patience for a stream that moves between its failures', async () => {
    const moving = Array.from({ length: 9 }, (_, n) => [report('a', 'failed', { watermark: day(n + 1) })]);
    const pull = pullThrough([...moving, ...moving, [report('a', 'caught-up')]]);

    expect((await pull.ended)[0]?.state).toBe('caught-up');
    expect(new Set(pull.slept)).toEqual(new Set([1000]));
  });

  it("does not charge one stream with another one's failures", async () => {
    const failing = [report('a', 'failed'), report('b', 'caught-up')];
    const other = [report('a', 'caught-up'), report('b', 'failed')];
    const pull = pullThrough([
      ...Array(6).fill(failing),
      ...Array(6).fill(other),
      [report('b', 'caught-up')],
    ]);

    await pull.ended;

    expect(pull.calls()).toBe(13);
  });

  it('waits for a short ban and a held lease, and leaves a long ban', async () => {
    const [soon, late] = ['1970-01-01T08:00:05+08:00', '1970-01-01T09:00:00+08:00'];
    const pull = pullThrough([
      [report('a', 'deferred', { until: soon }), report('b', 'deferred', { until: late })],
      [report('a', 'held'), report('b', 'deferred', { until: late })],
      [report('a', 'caught-up'), report('b', 'deferred', { until: late })],
    ]);

    expect((await pull.ended).map(({ state }) => state)).toEqual(['caught-up', 'deferred']);
    expect(pull.slept).toEqual([5500, 500]);
  });

  it.each([
    ['invalid-signature', 'TOP_APP_SECRET'],
    ['invalid-app-key', 'TOP_APP_KEY'],
  ])('ends as badly configured when TOP answers %s', async (reason, variable) => {
    const pull = pullThrough([[report('a', 'halted', { reason, scope: 'app' })]]);

    await expect(pull.ended).rejects.toMatchObject({ reason: 'configuration', field: variable });
  });
});
