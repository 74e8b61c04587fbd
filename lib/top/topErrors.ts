import { CarferryError } from '../core/errors.ts';
import type { TopApiDefinition } from './defineTopApi.ts';
import { plainCode, plainField, plainSentence } from './errorText.ts';
import {
  CALLEE_SIGNATURE,
  INVALID_TARGET,
  PLATFORM_CODES,
  type PlatformRule,
  REMOTE_CODES,
  SESSION_SUB_CODES,
  SUB_CODES,
  THROTTLING_CODES,
} from './platformCodes.ts';

/** The parts of an API that decide about its errors. */
export type TopErrorApi = Pick<TopApiDefinition, 'method' | 'gateway' | 'errors'>;

/** A failure as the platform states it; absent parts are empty. */
export type PlatformError = {
  readonly code: string;
  readonly subCode?: string | undefined;
  readonly message?: string | undefined;
  readonly subMessage?: string | undefined;
  readonly requestId?: string | undefined;
};

export type ErrorContext = {
  /** Epoch milliseconds of the reply; the end of a ban counts from here. */
  readonly now: number;
  /** Business parameters as sent, to name the refused one of several `type` values. */
  readonly sent?: Readonly<Record<string, string>> | undefined;
};

/** A daily quota ends with the day; nothing honest lasts longer than this. */
const LONGEST_BAN_SECONDS = 36 * 3600;
/** Where the platform states no number. */
const DEFAULT_BAN_MS = 2000;

const UNKNOWN: PlatformRule = { disposition: 'retry', reason: 'unknown-platform-error' };

/** The rule for a `sub_code` without what follows its colon. */
function exactRule(name: string): PlatformRule | undefined {
  return Object.hasOwn(SUB_CODES, name) ? SUB_CODES[name] : undefined;
}

/** The longest `prefix*` that fits: `isv.permission-…` before `isv.…`. */
function familyRule(name: string): PlatformRule | undefined {
  let found: PlatformRule | undefined;
  let length = 0;
  for (const [pattern, rule] of Object.entries(SUB_CODES)) {
    const prefix = pattern.slice(0, -1);
    if (pattern.endsWith('*') && name.startsWith(prefix) && prefix.length > length) {
      found = rule;
      length = prefix.length;
    }
  }
  return found;
}

function ownRule(api: TopErrorApi, ...codes: string[]): PlatformRule | undefined {
  for (const code of codes) {
    if (api.errors !== undefined && Object.hasOwn(api.errors, code)) return api.errors[code];
  }
  return undefined;
}

function isThrottling(error: PlatformError, code: string, own: PlatformRule | undefined): boolean {
  const subCode = error.subCode ?? '';
  if (subCode.startsWith('accesscontrol.')) return true;
  if (subCode === 'isp.call-limited') return own === undefined;
  if (!THROTTLING_CODES.has(code)) return false;
  // An API's own table may use the same small numbers (tbk: 4 and 5); the platform's text tells them apart.
  return own === undefined || /limit|frequency|ban will last/i.test(`${error.message} ${error.subMessage}`);
}

/** App-wide unless the platform says that only this API is limited. */
function banScope(subCode: string): 'app' | 'api' {
  return /api-access-count|dynamic-access-count|^isp\.call-limited$/.test(subCode) ? 'api' : 'app';
}

function banEnd(error: PlatformError, now: number): number {
  const seconds = /last for (\d+) more second/i.exec(`${error.subMessage} ${error.message}`)?.[1];
  if (seconds === undefined) return now + DEFAULT_BAN_MS;
  return now + (Math.min(Number(seconds), LONGEST_BAN_SECONDS) + 1) * 1000;
}

/** The parameter that an input error is about: after the colon of `sub_code`, else of the message. */
function namedField(error: PlatformError): string | undefined {
  for (const text of [error.subCode, error.message, error.subMessage]) {
    const name = plainField(/[:\uff1a]\s*([\w.[\]-]+)\s*$/.exec(text ?? '')?.[1]);
    if (name !== undefined) return name;
  }
  return undefined;
}

/** Which of several comma-joined values the platform refuses: the only one, or the one its text quotes. */
function refusedValue(error: PlatformError, values: readonly string[]): string | undefined {
  if (values.length < 2) return values[0];
  const words = new Set(`${error.message} ${error.subMessage}`.match(/\w+/g));
  return values.find((value) => words.has(value));
}

/** Trade types are configuration, not data: they are named, so that the operator can take one out. */
function typeHint(values: readonly string[], refused: string | undefined): string {
  return refused === undefined
    ? `one of the configured types is refused: ${values.join(', ')}`
    : `take ${refused} out of the configured types`;
}

/** Platform faults below 100 are written by the gateway itself; 27's malformed token quotes the token. */
function gatewaySentence(error: PlatformError, code: string): string {
  const own = Object.hasOwn(PLATFORM_CODES, code) || THROTTLING_CODES.has(code);
  if (!own || /^4[013]$/.test(code) || error.subCode === 'INVALID_PARAMS') return '';
  const text = [error.message, error.subMessage]
    .filter((part) => part !== undefined && part !== '')
    .join('; ');
  return text === '' ? '' : ` (${plainSentence(text)})`;
}

function build(
  rule: PlatformRule,
  error: PlatformError,
  code: string,
  api: TopErrorApi,
  context: ErrorContext,
): CarferryError {
  const shownCode = code === '' ? 'none' : (plainCode(code) ?? 'unreadable');
  const shownSub = plainCode(error.subCode);
  const requestId = plainCode(error.requestId);
  const field = rule.disposition === 'park' ? namedField(error) : undefined;
  if (field === 'target_app_key') return build(INVALID_TARGET, error, code, api, context);
  const types = field === 'type' ? (context.sent?.['type']?.split(',') ?? []) : [];
  const refused = refusedValue(error, types);
  const codes = shownSub === undefined ? `code ${shownCode}` : `code ${shownCode}, ${shownSub}`;
  const banned = rule.disposition === 'defer';
  const hint = types.length === 0 ? rule.hint : typeHint(types, refused);
  return new CarferryError({
    disposition: rule.disposition,
    reason: rule.reason,
    message: `${api.method}: ${rule.reason}, ${codes}${gatewaySentence(error, code)}`,
    field,
    hint,
    until: banned ? banEnd(error, context.now) : undefined,
    scope: rule.disposition === 'halt' ? (rule.scope ?? 'session') : undefined,
    details: {
      method: api.method,
      code: shownCode,
      businessCode: shownSub ?? shownCode,
      ...(shownSub === undefined ? {} : { subCode: shownSub }),
      ...(requestId === undefined ? {} : { requestId }),
      ...(refused === undefined ? {} : { refusedValue: refused }),
      ...(banned ? { scope: banScope(error.subCode ?? '') } : {}),
    },
  });
}

/**
 * One classified error for an `error_response` or a Qimen failure. `details` carries `method`, `code`,
 * `subCode`, `businessCode` (the more telling of the two), `requestId`; for bans `scope` (`app` or `api`).
 */
export function classifyPlatformError(
  error: PlatformError,
  api: TopErrorApi,
  context: ErrorContext,
): CarferryError {
  const code = error.code.replace(/^TOP(?=\d+$)/, '');
  const subCode = error.subCode ?? '';
  const [subName = ''] = subCode.split(':');
  const own = ownRule(api, subCode, subName, ...(Object.hasOwn(PLATFORM_CODES, code) ? [] : [code]));
  const rule = ((): PlatformRule => {
    if (isThrottling(error, code, own)) return { disposition: 'defer', reason: 'throttled' };
    if (own !== undefined) return own;
    if (code === '27' && Object.hasOwn(SESSION_SUB_CODES, subName)) {
      return SESSION_SUB_CODES[subName] ?? UNKNOWN;
    }
    if (api.gateway === 'qimen' && subName === 'sign-check-failure') return CALLEE_SIGNATURE;
    const platform = Object.hasOwn(PLATFORM_CODES, code) ? PLATFORM_CODES[code] : undefined;
    // A signature or app key fault concerns the app whatever its sub code says.
    if (platform?.scope === 'app') return platform;
    const telling = exactRule(subName) ?? platform ?? familyRule(subName);
    if (telling !== undefined) return telling;
    if (REMOTE_CODES.has(code) && subCode === '') return SUB_CODES['isp.*'] ?? UNKNOWN;
    return UNKNOWN;
  })();
  return build(rule, error, code, api, context);
}

/**
 * One classified error for a reply whose own fields say that it failed (`success` false, `msg_code` …).
 * The API's table wins; `isp.` and `isv.` codes mean what they mean elsewhere; the rest is `retry`.
 */
export function classifyBusinessError(
  outcome: { readonly code: string; readonly message: string; readonly requestId?: string | undefined },
  api: TopErrorApi,
  context: ErrorContext,
): CarferryError {
  const error = { code: outcome.code, subMessage: outcome.message, requestId: outcome.requestId };
  const [name = ''] = outcome.code.split(':');
  const signature = name === 'sign-check-failure' && api.gateway === 'qimen' ? CALLEE_SIGNATURE : undefined;
  const rule: PlatformRule = ownRule(api, outcome.code, name) ??
    signature ??
    exactRule(name) ??
    familyRule(name) ?? { disposition: 'retry', reason: 'unknown-business-error' };
  return build(
    rule,
    { ...error, subCode: outcome.code.includes(':') ? outcome.code : undefined },
    name,
    api,
    context,
  );
}
