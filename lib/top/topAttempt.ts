import type { Clock } from '../core/clock.ts';
import { CarferryError, toCarferryError } from '../core/errors.ts';
import type { TopApiDefinition, TopResponse } from './defineTopApi.ts';
import { readReply } from './readReply.ts';
import type { ErrorContext } from './topErrors.ts';
import { signedForm, type TopApp } from './topRequest.ts';
import type { TopTransport } from './topTransport.ts';
import { transportError } from './transportErrors.ts';

/** One request as it ended. */
export type AttemptResult<Reply> =
  | {
      readonly ok: true;
      readonly reply: Reply;
      readonly durationMs: number;
      readonly requestId?: string | undefined;
    }
  | {
      readonly ok: false;
      readonly error: CarferryError;
      readonly durationMs: number;
      /** The connection had served before and died before this reply began. */
      readonly stale: boolean;
    };

export type TopAttempt = <Api extends TopApiDefinition>(
  api: Api,
  sent: Readonly<Record<string, string>>,
  options: {
    readonly session: string | undefined;
    readonly signal: AbortSignal | undefined;
    readonly timeoutMs: number;
  },
) => Promise<AttemptResult<TopResponse<Api>>>;

/** Signs with a fresh timestamp, posts, reads; every failure is a classified error, none is thrown. */
export function createTopAttempt(deps: {
  readonly app: TopApp;
  readonly transport: TopTransport;
  readonly clock: Clock;
}): TopAttempt {
  const { app, transport, clock } = deps;
  return async (api, sent, { session, signal, timeoutMs }) => {
    const startedAt = clock.now();
    let error: CarferryError;
    let stale = false;
    try {
      const form = signedForm(api, sent, app, session, startedAt);
      const answer = await transport.post(api, form, { timeoutMs, signal });
      const now = clock.now();
      if (answer.ok) {
        const { reply, requestId } = readAnswer(answer, api, { now, sent });
        return { ok: true, reply, requestId, durationMs: now - startedAt };
      }
      ({ error, stale } = answer);
    } catch (thrown) {
      error = toCarferryError(thrown);
    }
    return { ok: false, error, stale, durationMs: clock.now() - startedAt };
  };
}

/** HTTP 400 is read only for the error that it may carry. */
function readAnswer<Api extends TopApiDefinition>(
  { status, text }: { readonly status: number; readonly text: string },
  api: Api,
  context: ErrorContext,
) {
  if (status === 200) return readReply(text, api, context);
  try {
    readReply(text, api, context);
  } catch (thrown) {
    if (thrown instanceof CarferryError && 'code' in thrown.details) throw thrown;
  }
  const reason = 'unexpected-status';
  throw transportError(reason, api, { text: `${reason}, HTTP status ${status}`, details: { status } });
}
