import type { Log } from '../core/log.ts';
import type { TopCallEvent } from '../core/telemetry.ts';
import type { AttemptResult } from './topAttempt.ts';

export type CallReport = (
  outcome: TopCallEvent['outcome'],
  method: string,
  result: AttemptResult<unknown>,
) => void;

/** One event for every attempt, one log line for every one that failed; codes and counts only. */
export function createCallReport(log: Log, onCall: ((event: TopCallEvent) => void) | undefined): CallReport {
  return (outcome, method, result) => {
    const { durationMs } = result;
    const requestId = result.ok ? result.requestId : result.error.details['requestId'];
    onCall?.({
      method,
      outcome,
      durationMs,
      ...(result.ok ? {} : { reason: result.error.reason }),
      ...(result.ok || result.error.until === undefined ? {} : { until: result.error.until }),
      ...(typeof requestId === 'string' ? { requestId } : {}),
    });
    if (result.ok || outcome === 'ok') return;
    const { details, disposition, field, hint, reason, until } = result.error;
    const { code, subCode, status } = details;
    const fields = { method, outcome, disposition, reason, code, subCode, status, requestId, durationMs };
    if (outcome === 'retried') log.info('top-call-repeated', fields);
    else log.warn('top-call-failed', { ...fields, field, hint, until });
  };
}
