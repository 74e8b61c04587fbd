import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import type * as z from 'zod';
import { CarferryError } from '../core/errors.ts';
import { createInvocationScope } from './invocationScope.ts';
import type { RunContext } from './runContext.ts';

/** Kept back of a scheduled run's time to store its place (reliability S7). */
const RESERVE_MS = 15_000;

export type ScheduledHandler<Report> = (event: unknown, context: Context) => Promise<Report>;

export type ScheduledHandlerOptions<Deps, Input extends z.ZodType, Report> = {
  /** Of the event; what does not fit ends the invocation as `park`, reason `malformed-input`. */
  readonly input: Input;
  readonly start: () => Promise<Deps>;
  readonly run: (deps: Deps, input: z.output<Input>, context: RunContext) => Promise<Report>;
};

/** A function called by EventBridge Scheduler (or the local run, which reads its report). */
export function scheduledHandler<Deps, Input extends z.ZodType, Report>(
  options: ScheduledHandlerOptions<Deps, Input, Report>,
): ScheduledHandler<Report> {
  const scope = createInvocationScope(RESERVE_MS);
  return middy<unknown, Report>({ timeoutEarlyInMillis: 0 })
    .use(scope.middleware)
    .handler((event, context) =>
      scope.inside(context, async (invocation) => {
        const input = readInput(options.input, event);
        return options.run(await options.start(), input, invocation);
      }),
    );
}

function readInput<Input extends z.ZodType>(schema: Input, event: unknown): z.output<Input> {
  const parsed = schema.safeParse(event);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new CarferryError({
    disposition: 'park',
    reason: 'malformed-input',
    message: `input of the schedule: ${issue?.code ?? 'malformed'}`,
    field: issue?.path.join('.'),
    hint: 'compare the Input of the schedule with the input schema of the function',
  });
}
