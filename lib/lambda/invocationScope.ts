import type { MiddlewareObj, Request } from '@middy/core';
import { CarferryError, toCarferryError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { coldStart } from './coldStart.ts';
import { logDrift } from './driftLog.ts';
import { createLog, isLocalRun } from './log.ts';
import { type MetricsRecorder, recordMetrics } from './metrics.ts';
import { beginInvocation, type Invocation, runInside } from './runContext.ts';

/** What every handler shares: a deadline with its signal, one log line and the metrics at the end, classified errors. */
export type InvocationScope = {
  readonly middleware: MiddlewareObj;
  /** Runs the body of the handler inside the invocation that `middleware` began for this context. */
  inside<T>(context: object, run: (invocation: Invocation, log: Log) => Promise<T>): Promise<T>;
};

/** @param reserveMs see {@link beginInvocation} */
export function createInvocationScope(reserveMs: number): InvocationScope {
  const running = new WeakMap<object, Invocation>();
  let functionName = 'unnamed';
  const log = coldStart(() => {
    const writer = createLog(functionName);
    logDrift(writer);
    return writer;
  });
  let metrics: MetricsRecorder | undefined;

  async function end(request: Request, error?: CarferryError): Promise<void> {
    const invocation = running.get(request.context);
    if (invocation === undefined) return;
    running.delete(request.context);
    const durationMs = Date.now() - invocation.startedAt;
    await runInside(invocation, async () => {
      const writer = await log();
      if (error === undefined) writer.info('invocation-ended', { durationMs, outcome: 'ok' });
      else writer.error('invocation-failed', { durationMs, ...errorFields(error) });
    });
    invocation.end();
    metrics?.publish();
  }

  return {
    middleware: {
      before: (request) => {
        functionName = request.context.functionName;
        if (!isLocalRun()) metrics ??= recordMetrics(functionName);
        running.set(request.context, beginInvocation(request.context, reserveMs));
      },
      after: (request) => end(request),
      onError: async (request) => {
        const error = withoutCause(toCarferryError(request.error));
        request.error = isLocalRun() ? error : withReason(error);
        await end(request, error);
      },
    },
    inside: async (context, run) => {
      const invocation = running.get(context);
      if (invocation === undefined) throw new TypeError('handler called outside of an invocation');
      const writer = await log();
      return runInside(invocation, () => run(invocation, writer));
    },
  };
}

/** What may be logged of an error: its classification, never a payload and never a foreign message. */
function errorFields(error: CarferryError) {
  return {
    disposition: error.disposition,
    reason: error.reason,
    field: error.field,
    hint: error.hint,
    code: error.details['code'],
  };
}

/** Lambda hands its caller the name and message of an error and nothing else. */
function withReason(error: CarferryError): CarferryError {
  const hint = error.hint === undefined ? '' : ` (${error.hint})`;
  return withoutCause(error, `${error.reason}: ${error.message}${hint}`);
}

/** The runtime prints a thrown error with its causes, and a foreign cause may hold a payload. */
function withoutCause(error: CarferryError, message = error.message): CarferryError {
  return new CarferryError({
    disposition: error.disposition,
    reason: error.reason,
    message,
    field: error.field,
    hint: error.hint,
    until: error.until,
    scope: error.scope,
    details: error.details,
  });
}
