import { CarferryError, configurationError } from '../core/errors.ts';
import { toChinaWallClock } from '../domain/chinaTime.ts';
import type { TopApiDefinition } from './defineTopApi.ts';
import { ExactNumber, stringifyLossless } from './losslessJson.ts';
import { isRecord } from './quickRead.ts';
import { isBlank, type SignMethod, signRequest } from './signRequest.ts';

/** What stays the same for every call of an app. */
export type TopApp = {
  readonly appKey: string;
  readonly appSecret: string;
  readonly targetAppKey?: string | undefined;
  readonly signMethod: SignMethod;
  /** Sends `simplify=true` to the `top` gateway; Qimen replies are always simplified. */
  readonly simplify: boolean;
};

function isScalar(value: unknown): boolean {
  return value === null || typeof value !== 'object' || value instanceof ExactNumber;
}

/** One parameter as text: scalars plain, lists of scalars comma-joined, everything else as JSON text. */
function wireText(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return stringifyLossless(value);
  if (!value.every(isScalar)) return stringifyLossless(value);
  return value
    .map(wireText)
    .filter((text) => text !== undefined)
    .join(',');
}

/**
 * Business parameters as they go over the wire; absent and blank ones are left out.
 *
 * @throws CarferryError `park`, `invalid-request`, with the field, before any call.
 */
export function encodeParams(api: TopApiDefinition, params: unknown): Record<string, string> {
  const read = readRequest(api, params);
  const sent: Record<string, string> = {};
  for (const [name, value] of Object.entries(isRecord(read) ? read : {})) {
    const text = wireText(value);
    if (text !== undefined && !isBlank(text)) sent[name] = text;
  }
  return sent;
}

function readRequest(api: TopApiDefinition, params: unknown): unknown {
  const read = api.request.safeParse(params);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  const field = issue?.path.join('.') ?? '';
  throw new CarferryError({
    disposition: 'park',
    reason: 'invalid-request',
    message: `${api.method}: request field ${field} is not what the API takes`,
    field,
    hint: issue?.message,
    details: { method: api.method },
  });
}

/** The signed form body of one attempt. Source: protocol notes, sections 1.2, 2 and 3. */
export function signedForm(
  api: Pick<TopApiDefinition, 'method' | 'gateway'>,
  sent: Readonly<Record<string, string>>,
  app: TopApp,
  session: string | undefined,
  now: number,
): string {
  const params: Record<string, string> = {
    ...sent,
    method: api.method,
    app_key: app.appKey,
    timestamp: timestampOf(now),
    format: 'json',
    v: '2.0',
    sign_method: app.signMethod,
  };
  if (session !== undefined && !isBlank(session)) params['session'] = session;
  if (app.simplify && api.gateway === 'top') params['simplify'] = 'true';
  if (api.gateway === 'qimen') {
    if (app.targetAppKey === undefined || isBlank(app.targetAppKey)) {
      throw configurationError(
        'QIMEN_TARGET_APP_KEY',
        'a Qimen call needs the app key of the party that answers it',
      );
    }
    params['target_app_key'] = app.targetAppKey;
  }
  return `sign=${signRequest(params, app.appSecret, app.signMethod)}${formOf(params)}`;
}

type Pair = { readonly name: string; readonly value: string; readonly text: string };

/** The pairs of the last form: most of the next one are the same. */
const lastPairs: Pair[] = [];

function formOf(params: Readonly<Record<string, string>>): string {
  let form = '';
  let index = 0;
  for (const name of Object.keys(params)) {
    const value = params[name] ?? '';
    let pair = lastPairs[index];
    if (pair?.name !== name || pair.value !== value) {
      pair = { name, value, text: `&${formText(name)}=${formText(value)}` };
      lastPairs[index] = pair;
    }
    form += pair.text;
    index += 1;
  }
  return form;
}

let lastTimestamp = { second: Number.NaN, text: '' };

/** Calls come faster than seconds pass. */
function timestampOf(now: number): string {
  const second = Math.floor(now / 1000);
  if (second !== lastTimestamp.second) lastTimestamp = { second, text: toChinaWallClock(now) };
  return lastTimestamp.text;
}

/** Text that a form carries as it is. */
const PLAIN = /^[\w.-]*$/;

/** One name or value of a form; half of a surrogate pair, which UTF-8 cannot write, becomes U+FFFD. */
function formText(text: string): string {
  if (PLAIN.test(text)) return text;
  return encodeURIComponent(text.toWellFormed());
}
