/** The only keys a log line may carry besides its event name: codes, counts and ids, never a person's data. */
export const LOG_KEYS = [
  'appKey',
  'attempts',
  'code',
  'count',
  'disposition',
  'durationMs',
  'field',
  'from',
  'function',
  'hint',
  'lane',
  'leadId',
  'method',
  'orderId',
  'outcome',
  'page',
  'pages',
  'queue',
  'reason',
  'requestId',
  'shop',
  'source',
  'status',
  'step',
  'stream',
  'subCode',
  'table',
  'to',
  'total',
  'until',
] as const;

export type LogFields = { readonly [K in (typeof LOG_KEYS)[number]]?: string | number | boolean | undefined };

/** One line per event, `event` in kebab-case; the writer drops keys that are not in {@link LOG_KEYS}. */
export type Log = {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
};

export const silentLog: Log = { info: () => {}, warn: () => {}, error: () => {} };
