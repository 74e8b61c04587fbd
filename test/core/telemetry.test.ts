import { describe, expect, it } from 'vitest';
import {
  onRecord,
  onStreamProgress,
  publishRecord,
  publishStreamProgress,
  type RecordEvent,
} from '../../lib/core/telemetry.ts';

const record: RecordEvent = { kind: 'due', shop: '测试店', orderId: '1' };

describe('telemetry', () => {
  it('makes no event while nobody listens, so that it costs nothing on Lambda', () => {
    const make = () => {
      throw new Error('made');
    };

    expect(() => publishRecord(make)).not.toThrow();
    expect(() => publishStreamProgress(make)).not.toThrow();
  });

  it('reaches every listener until it is stopped, and each only what it listens to', () => {
    const seen: RecordEvent[] = [];
    const stop = onRecord((event) => seen.push(event));
    const stopStreams = onStreamProgress(() => {
      throw new Error('not for streams');
    });

    publishRecord(() => record);
    stop();
    publishRecord(() => record);
    stopStreams();

    expect(seen).toEqual([record]);
  });
});
