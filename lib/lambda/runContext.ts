import { AsyncLocalStorage } from 'node:async_hooks';
import type { Context } from 'aws-lambda';
import { CarferryError } from '../core/errors.ts';

/** What one invocation may still do. */
export type RunContext = {
  /** Epoch ms; no effect starts that could end after it. Already leaves a reserve for storing the place. */
  readonly deadline: number;
  /** Aborts at the deadline and when the invocation ends: nothing of it acts in the next one. */
  readonly signal: AbortSignal;
  readonly requestId: string;
};

/** The running invocation; its `end` must be called exactly once, however it ended. */
export type Invocation = RunContext & {
  readonly functionName: string;
  readonly startedAt: number;
  end(): void;
};

const current = new AsyncLocalStorage<Invocation>();

/** Request id of the invocation this code runs in, for the log; undefined outside of one. */
export function currentRequestId(): string | undefined {
  return current.getStore()?.requestId;
}

export function runInside<T>(invocation: Invocation, run: () => Promise<T>): Promise<T> {
  return current.run(invocation, run);
}

/**
 * Starts the clock of an invocation.
 * @param reserveMs time kept back at the end; at most a quarter of what is left, so that short runs work too.
 */
export function beginInvocation(
  context: Pick<Context, 'awsRequestId' | 'functionName' | 'getRemainingTimeInMillis'>,
  reserveMs: number,
): Invocation {
  const startedAt = Date.now();
  const remaining = Math.max(0, context.getRemainingTimeInMillis());
  const usable = Math.floor(remaining - Math.min(reserveMs, remaining / 4));
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(deadlineError()), usable);
  return {
    deadline: startedAt + usable,
    signal: controller.signal,
    requestId: context.awsRequestId,
    functionName: context.functionName,
    startedAt,
    end: () => {
      clearTimeout(timer);
      controller.abort(endedError());
    },
  };
}

function deadlineError(): CarferryError {
  return new CarferryError({
    disposition: 'retry',
    reason: 'deadline',
    message: 'the invocation came near its time limit',
  });
}

function endedError(): CarferryError {
  return new CarferryError({
    disposition: 'retry',
    reason: 'invocation-ended',
    message: 'the invocation has ended',
  });
}
