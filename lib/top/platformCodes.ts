import type { TopErrorRule } from './defineTopApi.ts';

/** What one code of the platform means. Messages and remedies: TOP protocol notes, section 6. */
export type PlatformRule = TopErrorRule & { readonly scope?: 'session' | 'app' };

const retryLater: PlatformRule = { disposition: 'retry', reason: 'platform-unavailable' };

const refusedRequest = (hint: string): PlatformRule => ({
  disposition: 'halt',
  reason: 'request-refused',
  hint,
  scope: 'session',
});

const permission = (reason: string, hint: string): PlatformRule => ({
  disposition: 'halt',
  reason,
  hint,
  scope: 'session',
});

const reauthorise = 'the seller must authorise the app again; then configure the new session';

const missingSession = permission('missing-session', 'configure a session for this seller');
const invalidSession = permission('invalid-session', reauthorise);
const missingParameter: PlatformRule = {
  disposition: 'park',
  reason: 'missing-parameter',
  hint: 'the platform wants a parameter that was not sent',
};
const invalidParameter: PlatformRule = {
  disposition: 'park',
  reason: 'invalid-parameter',
  hint: 'the platform refuses the value of a parameter',
};
const invalidSignature: PlatformRule = {
  disposition: 'halt',
  reason: 'invalid-signature',
  hint: 'the app secret does not fit the app key at this gateway',
  scope: 'app',
};
const invalidAppKey: PlatformRule = {
  disposition: 'halt',
  reason: 'invalid-app-key',
  hint: 'check the app key, the environment of the gateway and that the app is enabled',
  scope: 'app',
};

/** `code` of the gateway's own faults; throttling codes stand in `THROTTLING_CODES`. */
export const PLATFORM_CODES: Readonly<Record<string, PlatformRule>> = {
  '3': retryLater,
  '9': refusedRequest('HTTP verb or multipart form not allowed'),
  '10': retryLater,
  '11': permission('permission-missing', 'apply for the API permission package in the app console'),
  '12': permission('user-permission-missing', 'the authorising account lacks the right; use another account'),
  '13': permission('partner-permission-missing', 'the partner lacks the right to this API'),
  '21': refusedRequest('a proxy may strip parameters'),
  '22': permission('invalid-method', 'the app cannot see this API; apply for it in the app console'),
  '23': refusedRequest('the gateway does not know the reply format'),
  '24': { ...invalidSignature, reason: 'missing-signature', hint: 'a proxy may strip parameters' },
  '25': invalidSignature,
  '26': missingSession,
  '27': invalidSession,
  '28': { ...invalidAppKey, reason: 'missing-app-key' },
  '29': invalidAppKey,
  '30': refusedRequest('a proxy may strip parameters'),
  '31': {
    disposition: 'retry',
    reason: 'invalid-timestamp',
    hint: 'set the clock of this machine; TOP tolerates 10 minutes',
  },
  '32': refusedRequest('the gateway does not know protocol version 2.0'),
  '33': refusedRequest('the gateway does not know protocol version 2.0'),
  '34': refusedRequest('the gateway does not know protocol version 2.0'),
  '40': missingParameter,
  '41': invalidParameter,
  '42': permission('forbidden', 'the platform forbids this request to the app'),
  '43': invalidParameter,
  '53': permission('session-level-too-low', reauthorise),
};

/** User, session, partner and app call limits, and the app's frequency limit. */
export const THROTTLING_CODES: ReadonlySet<string> = new Set(['4', '5', '6', '7', '8']);

/** `code` whose meaning is only in `sub_code`. */
export const REMOTE_CODES: ReadonlySet<string> = new Set(['15', '50']);

/**
 * `sub_code` before its colon. A full name wins over `code`; a family (`prefix*`) decides only where `code`
 * itself says nothing, the longest prefix first.
 */
export const SUB_CODES: Readonly<Record<string, PlatformRule>> = {
  'invalid-sessionkey': invalidSession,
  'session-expired': permission('session-expired', reauthorise),
  'session-is-blank': missingSession,
  'sessionkey-not-generated-by-server': permission(
    'foreign-session',
    'the session belongs to another app or environment; use one that this app obtained',
  ),
  'isp.*': retryLater,
  'isp.runtime-max-limit': {
    disposition: 'park',
    reason: 'window-too-wide',
    hint: 'narrow the time window',
  },
  'isp.invalid-parameters': invalidParameter,
  'isp.pid-check-error': permission('invalid-pid', 'check the pid, site and ad zone of the app'),
  'isv.*': { disposition: 'park', reason: 'refused', hint: 'the platform refuses this request as it is' },
  'isv.missing-parameter': missingParameter,
  'isv.invalid-parameter': invalidParameter,
  'isv.invalid-parameters': invalidParameter,
  'isv.parameters-mismatch': invalidParameter,
  'isv.invalid-permission': permission('permission-missing', 'the app or the seller lacks the permission'),
  'isv.permission-*': permission(
    'permission-missing',
    'apply for the API permission package in the app console',
  ),
  'isv.permission-ip-whitelist-limit': permission(
    'ip-not-allowed',
    'add this egress address to the app’s IP white list',
  ),
  'isv.sign-check-failure': invalidSignature,
};

/** Code 27 says more by its `sub_code`; a malformed token comes as `INVALID_PARAMS`. */
export const SESSION_SUB_CODES: Readonly<Record<string, PlatformRule>> = {
  INVALID_PARAMS: invalidSession,
};

/** An input error about a parameter that no record but the configuration sets. */
export const INVALID_TARGET: PlatformRule = {
  disposition: 'halt',
  reason: 'invalid-target-app-key',
  hint: 'QIMEN_TARGET_APP_KEY must be the app key of the party that answers this API',
  scope: 'app',
};

/** The callee behind the Qimen gateway refused the gateway's signature, which is not ours. */
export const CALLEE_SIGNATURE: PlatformRule = permission(
  'callee-refused-signature',
  'the target app does not accept the gateway’s signature; its operator must check its secret',
);
