import * as z from 'zod';
import type { TopApiDefinition } from './defineTopApi.ts';
import type { PlatformError } from './topErrors.ts';
import { transportError } from './transportErrors.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/** What a parsed body turned out to be. */
export type UnwrappedReply =
  | { readonly kind: 'reply'; readonly reply: JsonObject; readonly requestId: string | undefined }
  | { readonly kind: 'error'; readonly error: PlatformError };

/** Name of the root object: `taobao.tbk.x.get` → `tbk_x_get_response`. */
function rootOf(method: string): string {
  return `${method.replace(/^taobao\./, '').replaceAll('.', '_')}_response`;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string | undefined {
  if (typeof value === 'string') return value.trim() === '' ? undefined : value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

/** TOP writes `msg`, `sub_msg`; Qimen writes `message`, `sub_message`. */
function readError(body: JsonObject): PlatformError {
  return {
    code: text(body['code']) ?? '',
    subCode: text(body['sub_code']),
    message: text(body['msg']) ?? text(body['message']),
    subMessage: text(body['sub_msg']) ?? text(body['sub_message']),
    requestId: text(body['request_id']),
  };
}

function isFailure(body: JsonObject): boolean {
  return text(body['flag'])?.toLowerCase() === 'failure';
}

const knownRoots = new Map<string, readonly string[]>();

/** Names under which the root of a method is known. */
function rootsOf(method: string): readonly string[] {
  const known = knownRoots.get(method) ?? [rootOf(method), rootOf(method.replace(/^qimen\.(taobao\.)?/, ''))];
  knownRoots.set(method, known);
  return known;
}

/** The object below the root, whether the root was kept or removed; `named`: the root says whose reply it is. */
function belowRoot(body: JsonObject, api: TopApiDefinition): { below: unknown; named: boolean } {
  for (const root of rootsOf(api.method)) {
    if (Object.hasOwn(body, root)) return { below: body[root], named: true };
  }
  const response = body['response'];
  const isWrapped = api.gateway === 'qimen' && Object.keys(body).length === 1 && isObject(response);
  return { below: isWrapped ? response : body, named: false };
}

/** Qimen without `flag`: a code other than 0, or a sub code, in a body that has no field of the API. */
function isBareQimenError(body: JsonObject, api: TopApiDefinition): boolean {
  if (api.gateway !== 'qimen' || isKnown(body, api, true)) return false;
  return text(body['sub_code']) !== undefined || (text(body['code']) ?? '0') !== '0';
}

/**
 * A stranger's JSON (`{"status":"ok"}`), or any method's bare `{"request_id":"…"}`, must not pass for a reply in
 * which every field is absent: that would end a listing.
 */
function isKnown(reply: JsonObject, api: TopApiDefinition, named: boolean): boolean {
  const schema = api.response instanceof z.ZodLazy ? api.response.unwrap() : api.response;
  if (!(schema instanceof z.ZodObject)) return Object.keys(reply).length > 0;
  const fields = schema.shape;
  return Object.keys(reply).some((key) => (named && key === 'request_id') || Object.hasOwn(fields, key));
}

/**
 * Takes a parsed body apart: `error_response` (either gateway), Qimen's `{"response":{"flag":"failure"}}`
 * and its form at the root, the API's root kept or removed. Source: protocol notes, sections 5.1, 5.3, 5.5.
 *
 * @throws CarferryError `retry`, `unreadable-reply`, for an empty object, an array, a scalar, or an object
 *   none of whose fields belong to the API.
 */
export function unwrapReply(body: unknown, api: TopApiDefinition): UnwrappedReply {
  if (!isObject(body)) throw transportError('unreadable-reply', api, { text: 'the reply is not an object' });
  const failed = body['error_response'];
  if (isObject(failed)) return { kind: 'error', error: readError(failed) };
  const response = body['response'];
  if (isObject(response) && isFailure(response)) return { kind: 'error', error: readError(response) };
  if (isFailure(body) || isBareQimenError(body, api)) return { kind: 'error', error: readError(body) };
  const { below: reply, named } = belowRoot(body, api);
  if (!isObject(reply) || !isKnown(reply, api, named || api.bareIsNone === true)) {
    throw transportError('unreadable-reply', api, { text: 'the reply holds no field of this API' });
  }
  if (isFailure(reply)) return { kind: 'error', error: readError(reply) };
  return { kind: 'reply', reply, requestId: text(reply['request_id']) ?? text(body['request_id']) };
}
