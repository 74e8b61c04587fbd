import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import {
  onGauge,
  onLogEvent,
  onRecord,
  onStreamProgress,
  onTopCall,
  type TopCallEvent,
} from '../core/telemetry.ts';
import { toEpochMs } from '../domain/chinaTime.ts';

/** Namespace of every metric; the dimension `service` is `carferry-<stage>`. */
const NAMESPACE = 'carferry';

/** Log events that are counted: event → metric. An alarm that names one of these metrics counts log lines. */
export const COUNTED_EVENTS: Readonly<Record<string, string>> = {
  'record-parked': 'RecordsParked',
  'row-parked': 'RecordsParked',
  halted: 'SessionsHalted',
  'sessions-not-watched': 'SecretsUnreadable',
  'secrets-not-refreshed': 'SecretsUnreadable',
  'secrets-not-usable': 'SecretsUnreadable',
  'window-left-open': 'WindowsLeftOpen',
  'window-still-open': 'WindowsLeftOpen',
  'stream-state-refused': 'StateRefused',
  'window-refused': 'StateRefused',
  'manifest-refused': 'StateRefused',
  'due-refused': 'StateRefused',
  'rate-budget-alone': 'BudgetUnshared',
  'trade-drift': 'Drift',
  'unknown-field': 'Drift',
  'webhook-refused': 'WebhookRefused',
  'webhook-not-accepted': 'WebhookNotAccepted',
};

const CALLS: Readonly<Record<TopCallEvent['outcome'], string>> = {
  ok: 'TopCallsOk',
  retried: 'TopCallsRetried',
  failed: 'TopCallsFailed',
  banned: 'TopCallsBanned',
};

/** Metrics of the streams, by source; published by the live lane. */
const LAG = { trades: 'TradesLag', adOrders: 'AdOrdersLag' } as const;

export type MetricsRecorder = {
  /** Writes what was counted since the last time, as one line in CloudWatch's embedded format. */
  publish(): void;
  stop(): void;
};

/**
 * Turns what this process tells about its work into metrics. Counts, seconds and days only: neither a shop nor an
 * order is a dimension, so that the bill does not grow with them and nothing personal can leave this way.
 *
 * @param functionName as Lambda names it, `carferry-<stage>-<function>`.
 */
export function recordMetrics(functionName: string, metrics = metricsOf(functionName)): MetricsRecorder {
  const count = (name: string): void => void metrics.addMetric(name, MetricUnit.Count, 1);
  const seconds = (name: string, ms: number): void =>
    void metrics.addMetric(name, MetricUnit.Seconds, Math.max(0, ms) / 1000);
  const stops = [
    onTopCall(({ outcome, durationMs }) => {
      count(CALLS[outcome]);
      if (outcome === 'ok') metrics.addMetric('TopCallTime', MetricUnit.Milliseconds, durationMs);
    }),
    onStreamProgress(({ source, lane, watermark, state, openWindows }) => {
      if (state === 'walking') return;
      if (lane === 'live') seconds(LAG[source], Date.now() - watermark);
      else metrics.addMetric('OpenWindows', MetricUnit.Count, openWindows);
    }),
    onRecord(({ upstreamAt }) => {
      if (upstreamAt !== undefined) seconds('Freshness', Date.now() - toEpochMs(upstreamAt));
    }),
    onLogEvent((event) => {
      const name = COUNTED_EVENTS[event];
      if (name !== undefined) count(name);
    }),
    onGauge(({ name, value }) => void metrics.addMetric(name, MetricUnit.NoUnit, value)),
  ];
  return {
    publish: () => {
      if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
    },
    stop: () => {
      for (const stop of stops) stop();
    },
  };
}

function metricsOf(functionName: string): Metrics {
  const service = functionName.slice(0, Math.max(0, functionName.lastIndexOf('-'))) || functionName;
  return new Metrics({ namespace: NAMESPACE, serviceName: service });
}
