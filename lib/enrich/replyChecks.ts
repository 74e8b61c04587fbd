import { CarferryError } from '../core/errors.ts';

/** True when the platform's own code, in any of its places, is one of `codes`. */
export function hasCode(error: CarferryError, codes: ReadonlySet<string>): boolean {
  const { businessCode, subCode, code } = error.details;
  return [businessCode, subCode, code].some((given) => given !== undefined && codes.has(String(given)));
}

/**
 * An echo of another id is the reply of another request (a proxy or a pooled connection gone wrong). The
 * asked id with its last digits lost to a float, as the published samples show it, still counts as an echo.
 * @throws CarferryError `retry`, `foreign-reply`
 */
export function refuseForeignReply(method: string, askedId: string, echoedId: string | undefined): void {
  if (echoedId === undefined || echoedId === askedId || echoedId === String(Number(askedId))) return;
  throw foreignReply(method);
}

export function foreignReply(method: string): CarferryError {
  return new CarferryError({
    disposition: 'retry',
    reason: 'foreign-reply',
    message: `${method}: the reply belongs to another request`,
    details: { method },
  });
}
