import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import * as z from 'zod';
import type { Clock } from '../../../lib/core/clock.ts';
import { CarferryError, configurationError } from '../../../lib/core/errors.ts';
import type { Invoke } from '../../local/invoke.ts';
import { explainAws, type StageFlags } from '../stageFlags.ts';

export type InvokeFunctionDeps = {
  readonly client: Pick<LambdaClient, 'send'>;
  readonly flags: StageFlags;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Ends the waiting for a reply; the function itself goes on until its end. */
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  /** Between a lost or throttled call, or one that could do nothing, and the next; default 5 s. */
  readonly pauseMs?: number;
};

const PAUSE_MS = 5_000;
/** Replies lost one after another. */
const MOST_LOST = 5;
const THROTTLED = /^(TooManyRequests|EC2Throttled|ServiceException|ResourceNotReady)/;
const LOST =
  /^(TimeoutError|NetworkingError|ECONNRESET|ECONNREFUSED|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|UND_ERR_\w+)$/;

const failureSchema = z.object({ errorType: z.string().optional(), errorMessage: z.string().optional() });
const reportSchema = z.object({ streams: z.array(z.object({ state: z.string() })) });
/** What an invocation answers that was not made or not awaited. */
const NOTHING = { streams: [] };

/**
 * Calls functions of a stage by their names in the template and waits for what they answer. An invocation whose reply
 * is lost may still be at work, so nothing is repeated behind our back: the next call finds its streams `held` until
 * it ends, which changes nothing. Once stopped it answers no streams.
 */
export function createInvokeFunction(deps: InvokeFunctionDeps): Invoke {
  const { client, flags, clock, signal, say, pauseMs = PAUSE_MS } = deps;
  let isIdle = false;

  async function invokeOnce(name: string, event: unknown): Promise<unknown> {
    const command = new InvokeCommand({
      FunctionName: `carferry-${flags.stage}-${name}`,
      InvocationType: 'RequestResponse',
      Payload: JSON.stringify(event),
    });
    const { FunctionError, Payload } = await client.send(command, { abortSignal: signal });
    const text = Payload === undefined ? '' : Buffer.from(Payload).toString('utf8');
    const answer: unknown = text === '' ? undefined : JSON.parse(text);
    if (FunctionError !== undefined) throw failed(name, answer, flags);
    return answer;
  }

  return async (name, event) => {
    // Others hold the streams, or they are banned: asking at once would only be told so again.
    if (isIdle) await clock.sleep(pauseMs, signal).catch(() => undefined);
    for (let lost = 1; !signal.aborted; lost += 1) {
      try {
        const answer = await invokeOnce(name, event);
        const report = reportSchema.safeParse(answer).data ?? NOTHING;
        isIdle = !report.streams.some(({ state }) => state === 'more' || state === 'caught-up');
        return answer;
      } catch (thrown) {
        if (signal.aborted) break;
        const why = causeOf(thrown);
        if (why === undefined || lost >= MOST_LOST) throw explain(thrown, deps);
        say(why.replace('FUNCTION', name));
        await clock.sleep(pauseMs, signal).catch(() => undefined);
      }
    }
    say(`stopped asking; an invocation of ${name} under way goes on to its end, five minutes at most`);
    return NOTHING;
  };
}

/** Why asking again is right, in words; undefined when it is not. */
function causeOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || thrown instanceof CarferryError) return undefined;
  const code = 'code' in thrown ? String(thrown.code) : '';
  if (THROTTLED.test(thrown.name)) return `Lambda does not take FUNCTION now (${thrown.name}): asked again`;
  if (!LOST.test(thrown.name) && !LOST.test(code)) return undefined;
  return (
    `no reply of FUNCTION (${code || thrown.name}): it may still be at work; ` +
    'asked again, and a second run only finds the streams held'
  );
}

function explain(thrown: unknown, { flags, environment }: InvokeFunctionDeps): CarferryError {
  return thrown instanceof CarferryError ? thrown : explainAws(thrown, flags, environment);
}

/** What the function threw, as Lambda hands it over: name and message, in which ours carries its reason and hint. */
function failed(name: string, payload: unknown, { stage }: StageFlags): CarferryError {
  const { errorType = 'unknown', errorMessage = '' } = failureSchema.safeParse(payload).data ?? {};
  if (/no configured shop has this name/.test(errorMessage)) {
    return configurationError(
      '--shop',
      `stage ${stage} has no shop of this name`,
      `npm run -s carferry -- shops list --stage ${stage} names them; a new one is known within five minutes`,
    );
  }
  const log = `its log is /aws/lambda/carferry-${stage}-${name}`;
  // What carferry did not classify itself may quote anything, so only its kind is told.
  const message =
    errorType === 'CarferryError'
      ? errorMessage
      : /timed out/i.test(errorMessage)
        ? 'it timed out'
        : errorType;
  return new CarferryError({
    disposition: 'retry',
    reason: 'function-failed',
    message: `${name} of stage ${stage} failed: ${message}`,
    hint: `${log}; what it has done is kept, the same command goes on from there`,
  });
}
