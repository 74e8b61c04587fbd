import { Metrics } from '@aws-lambda-powertools/metrics';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import {
  publishGauge,
  publishLogEvent,
  publishRecord,
  publishStreamProgress,
  publishTopCall,
  type StreamProgressEvent,
} from '../../lib/core/telemetry.ts';
import { toIso } from '../../lib/domain/chinaTime.ts';
import { createLog } from '../../lib/lambda/log.ts';
import { type MetricsRecorder, recordMetrics } from '../../lib/lambda/metrics.ts';
import { scheduledHandler } from '../../lib/lambda/scheduledHandler.ts';
import { captureLines } from './captureLines.ts';
import { lambdaContext } from './lambdaContext.ts';

const NOW = Date.parse('2026-11-22T02:00:00Z');
const progress: StreamProgressEvent = {
  stream: 'trades#测试店#live',
  source: 'trades',
  shop: '测试店',
  lane: 'live',
  run: 'request-1',
  from: 0,
  to: NOW,
  watermark: NOW - 185_000,
  windows: 1,
  pages: 1,
  rows: 0,
  enqueued: 0,
  unchanged: 0,
  parked: 0,
  openWindows: 0,
  state: 'caught-up',
};

describe('the metrics of a function', () => {
  const captured = captureLines();
  let metrics: Metrics;
  let recorder: MetricsRecorder;
  beforeEach(() => {
    vi.useFakeTimers({ now: NOW });
    metrics = new Metrics({ namespace: 'carferry', serviceName: 'carferry-dev' });
    recorder = recordMetrics('carferry-dev-pullTrades', metrics);
  });
  afterEach(() => {
    recorder.stop();
    vi.useRealTimers();
  });
  const stored = () => metrics.serializeMetrics();

  it('count calls by outcome, parked records and refused states', () => {
    publishTopCall({ method: 'a', outcome: 'ok', durationMs: 12 });
    publishTopCall({ method: 'a', outcome: 'banned', durationMs: 3 });
    publishLogEvent('record-parked');
    publishLogEvent('row-parked');
    publishLogEvent('due-refused');

    const { TopCallsOk, TopCallsBanned, TopCallTime, RecordsParked, StateRefused } = stored();
    expect({ TopCallsOk, TopCallsBanned, TopCallTime, RecordsParked, StateRefused }).toEqual({
      TopCallsOk: 1,
      TopCallsBanned: 1,
      TopCallTime: 12,
      RecordsParked: [1, 1],
      StateRefused: 1,
    });
  });

  it('tell how far a live stream lags when its run ends, and the open windows a sweep met', () => {
    publishStreamProgress(() => ({ ...progress, state: 'walking', watermark: 0 }));
    publishStreamProgress(() => progress);
    publishStreamProgress(() => ({ ...progress, lane: 'day', watermark: 0, openWindows: 2 }));

    const { TradesLag, AdOrdersLag, OpenWindows } = stored();
    expect({ TradesLag, AdOrdersLag, OpenWindows }).toEqual({
      TradesLag: 185,
      AdOrdersLag: undefined,
      OpenWindows: 2,
    });
  });

  it('tell the time from the platform to the table, and gauges as they stand', () => {
    publishRecord(() => ({ kind: 'trade', shop: '测试店', orderId: '1', upstreamAt: toIso(NOW - 60_000) }));
    publishRecord(() => ({ kind: 'due', shop: '测试店', orderId: '1' }));
    publishGauge({ name: 'SessionDaysLeft', value: 6 });

    expect(stored()).toMatchObject({ Freshness: 60, SessionDaysLeft: 6 });
  });

  it('carry the stage as their only dimension: no shop, no order', () => {
    publishRecord(() => ({ kind: 'trade', shop: '测试店', orderId: '1', upstreamAt: toIso(NOW) }));

    const { _aws: described, ...rest } = stored();
    expect(described.CloudWatchMetrics.map(({ Dimensions }) => Dimensions)).toEqual([[['service']]]);
    expect(rest).toEqual({ service: 'carferry-dev', Freshness: 0 });
  });

  it('are counted from log lines, whatever the level that is written', () => {
    vi.stubEnv('LOG_LEVEL', 'silent');

    createLog('pullTrades').error('halted', { shop: '测试店' });

    expect([captured.stdout, stored()['SessionsHalted']]).toEqual([[], 1]);
  });

  it.each([
    ['on Lambda', '', 1],
    ['but not in the local run, whose stdout belongs to the summary', '1', 0],
  ])('are written at the end of an invocation %s', async (_where, local, times) => {
    vi.stubEnv('CARFERRY_LOCAL', local);
    const publish = vi.spyOn(Metrics.prototype, 'publishStoredMetrics').mockReturnThis();
    const handler = scheduledHandler({
      input: z.strictObject({}),
      start: async () => ({}),
      run: async () => publishTopCall({ method: 'a', outcome: 'ok', durationMs: 1 }),
    });

    await handler({}, lambdaContext());

    expect(publish).toHaveBeenCalledTimes(times);
  });
});
