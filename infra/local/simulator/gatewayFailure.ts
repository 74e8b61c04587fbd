import type { NodeMap } from './json.ts';
import type { Ban } from './rateLimit.ts';

/** A refusal in the platform's words; the router decides which of the two shapes it takes. */
export class GatewayFailure extends Error {
  readonly code: number;
  readonly subCode: string | undefined;
  readonly subMessage: string | undefined;
  /** A word for the statistics, not for the caller. */
  readonly note: string | undefined;

  constructor(code: number, message: string, subCode?: string, subMessage?: string, note?: string) {
    super(message);
    this.name = 'GatewayFailure';
    this.code = code;
    this.subCode = subCode;
    this.subMessage = subMessage;
    this.note = note;
  }
}

export function missingArgument(name: string): GatewayFailure {
  return new GatewayFailure(40, `Missing required arguments:${name}`);
}

export function invalidArgument(name: string): GatewayFailure {
  return new GatewayFailure(41, `Invalid arguments:${name}`);
}

/** A parameter the service behind the gateway refuses. */
export function invalidParameter(name: string): GatewayFailure {
  return new GatewayFailure(15, 'Remote service error', `isv.invalid-parameter:${name}`, `非法参数 ${name}`);
}

/** A ban of the method, or of everything the app calls (as its daily quota does). */
export function callLimited({ seconds, scope, late }: Ban): GatewayFailure {
  return new GatewayFailure(
    7,
    'App Call Limited',
    `accesscontrol.limited-by-${scope}-access-count`,
    `This ban will last for ${seconds} more seconds`,
    late ? 'late' : undefined,
  );
}

/** `error_response` of /router/rest. */
export function topFailure(failure: GatewayFailure, requestId: string): NodeMap {
  return {
    code: failure.code,
    msg: failure.message,
    sub_code: failure.subCode,
    sub_msg: failure.subMessage,
    request_id: requestId,
  };
}

/** `response` of /router/qm. */
export function qimenFailure(failure: GatewayFailure, requestId: string): NodeMap {
  return {
    flag: 'failure',
    code: failure.code,
    message: failure.message,
    sub_code: failure.subCode,
    sub_message: failure.subMessage,
    request_id: requestId,
  };
}
