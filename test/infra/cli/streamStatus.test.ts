import { describe, expect, it } from 'vitest';
import { streamRow } from '../../../infra/cli/streamStatus.ts';

const still = {
  ...{ watermark: '2026-11-22T18:45:00+08:00', lagMs: null, finishedAt: null, window: null },
  ...{ heldUntil: null, openWindows: 0, refusal: null },
};

describe('the state of a stream that nobody reads', () => {
  it.each([
    ['trades#我在测试#live', 'waiting for its time'],
    ['adOrders#1#quarter', 'waiting for its time'],
    [
      'trades#我在测试#backfill#2026-09-01T00:00:00+08:00#2026-10-01T00:00:00+08:00',
      'stopped: the same command goes on',
    ],
    ['adOrders#1#reconcile#2026-11-20#我在测试', 'stopped: the same command goes on'],
  ])('%s: %s', (stream, state) => {
    const row = streamRow({ ...still, stream });

    expect(row).toEqual(['2026-11-22 18:45:00', '', '', state]);
  });
});
