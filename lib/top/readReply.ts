import * as z from 'zod';
import { CarferryError } from '../core/errors.ts';
import type { TopApiDefinition, TopResponse } from './defineTopApi.ts';
import { parseLossless } from './losslessJson.ts';
import { quickRead } from './quickRead.ts';
import { classifyBusinessError, classifyPlatformError, type ErrorContext } from './topErrors.ts';
import { transportError } from './transportErrors.ts';
import { unwrapReply } from './unwrapReply.ts';

function parseBody(text: string, api: TopApiDefinition): unknown {
  try {
    return parseLossless(text);
  } catch (thrown) {
    const open = /^\s*[[{]/.test(text) && !/[\]}]\s*$/.test(text);
    const detail = thrown instanceof CarferryError ? thrown.message : undefined;
    throw transportError(open ? 'truncated-reply' : 'unreadable-reply', api, { text: detail });
  }
}

/** A copy of the reply without the places that broke the schema, so that its outcome can still be read. */
function withoutBrokenPlaces(reply: unknown, issues: readonly z.core.$ZodIssue[]): unknown {
  const copy = structuredClone(reply);
  for (const { path } of issues) {
    let holder: unknown = copy;
    for (const key of path.slice(0, -1)) holder = Object(holder)[key];
    const last = path.at(-1);
    if (last !== undefined) Reflect.deleteProperty(Object(holder), last);
  }
  return copy;
}

/** `list.3.name` as people write it: `list[3].name`. */
function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index === 0 ? '' : '.'}${String(key)}`))
    .join('');
}

function brokenSchema(
  api: TopApiDefinition,
  issue: z.core.$ZodIssue | undefined,
  requestId: string | undefined,
) {
  const field = pathText(issue?.path ?? []);
  return new CarferryError({
    disposition: 'park',
    reason: 'unexpected-shape',
    message: `${api.method}: reply field ${field} is not as documented`,
    field,
    hint: issue?.message,
    details: { method: api.method, ...(requestId === undefined ? {} : { requestId }) },
  });
}

/**
 * From the text of a body to the typed reply: lossless JSON, `error_response` or Qimen failure, the API's
 * business outcome, its response schema, in this order.
 *
 * @throws CarferryError classified by `topErrors`; `park`, `unexpected-shape`, with the field's path.
 */
export function readReply<Api extends TopApiDefinition>(
  text: string,
  api: Api,
  context: ErrorContext,
): { reply: TopResponse<Api>; requestId: string | undefined } {
  const unwrapped = unwrapReply(parseBody(text, api), api);
  if (unwrapped.kind === 'error') throw classifyPlatformError(unwrapped.error, api, context);
  const { reply, requestId } = unwrapped;
  const quick = quickRead<Api['response']>(api.response, reply);
  const read = quick.success ? quick : z.safeParse<Api['response']>(api.response, reply);
  if (read.success) {
    const outcome = api.outcome(read.data);
    if (!outcome.ok) throw classifyBusinessError({ ...outcome, requestId }, api, context);
    return { reply: read.data, requestId };
  }
  // A failure that the platform states comes first: `data: ""` beside ORDER_NOT_EXIST is not a broken shape.
  const rest = api.response.safeParse(withoutBrokenPlaces(reply, read.error.issues));
  const outcome = rest.success ? api.outcome(rest.data) : undefined;
  if (outcome?.ok === false && outcome.code !== '' && text.includes(outcome.code)) {
    throw classifyBusinessError({ ...outcome, requestId }, api, context);
  }
  throw brokenSchema(api, read.error.issues[0], requestId);
}
