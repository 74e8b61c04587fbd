/**
 * What carferry does with a failure. Decided once, where the failure is classified:
 * - `retry`: may work soon (default for the unknown); the queue brings the record back, then the DLQ.
 * - `defer`: banned until a time; up to a minute is awaited in place, longer goes through `dues`.
 * - `park`: will never work as it is; goes to `quarantine` with reason, field and hint.
 * - `skip`: stale or already done.
 * - `halt`: session or permission missing; stops one (app key, method, session), everything else goes on.
 */
export type Disposition = 'retry' | 'defer' | 'park' | 'skip' | 'halt';

export type CarferryErrorOptions = {
  readonly disposition: Disposition;
  /** Stable kebab-case word that programs may match, e.g. `invalid-session`. */
  readonly reason: string;
  /** Names fields and codes, never a value of personal data. */
  readonly message: string;
  /** Path of the offending field, e.g. `trades[3].created`. */
  readonly field?: string | undefined;
  /** What a person should do next. */
  readonly hint?: string | undefined;
  /** Epoch milliseconds before which trying again is useless (`defer`). */
  readonly until?: number | undefined;
  /** How far a `halt` reaches: one seller's session, or the whole app (wrong secret, wrong app key). */
  readonly scope?: 'session' | 'app' | undefined;
  /** Facts safe to log: codes, counts, request ids. */
  readonly details?: Readonly<Record<string, string | number | boolean>> | undefined;
  readonly cause?: unknown;
};

/** The only error class of carferry. */
export class CarferryError extends Error {
  override readonly name = 'CarferryError';
  readonly disposition: Disposition;
  readonly reason: string;
  readonly field: string | undefined;
  readonly hint: string | undefined;
  readonly until: number | undefined;
  readonly scope: 'session' | 'app' | undefined;
  readonly details: Readonly<Record<string, string | number | boolean>>;

  constructor(options: CarferryErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.disposition = options.disposition;
    this.reason = options.reason;
    this.field = options.field;
    this.hint = options.hint;
    this.until = options.until;
    this.scope = options.scope;
    this.details = options.details ?? {};
  }
}

/** Wraps anything thrown; what carferry did not classify itself is `retry` with reason `unexpected`. */
export function toCarferryError(thrown: unknown): CarferryError {
  if (thrown instanceof CarferryError) return thrown;
  const name = thrown instanceof Error ? thrown.name : typeof thrown;
  return new CarferryError({
    disposition: 'retry',
    reason: 'unexpected',
    message: `unexpected ${name}`,
    details: { name },
    cause: thrown,
  });
}

/** A configuration fault: names the variable or flag; programs end with exit code 2 before any call. */
export function configurationError(field: string, message: string, hint?: string): CarferryError {
  return new CarferryError({
    disposition: 'halt',
    reason: 'configuration',
    message,
    field,
    hint,
    scope: 'app',
  });
}
