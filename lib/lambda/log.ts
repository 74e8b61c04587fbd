import { env, stderr, stdout } from 'node:process';
import { LogFormatter, Logger, LogItem, LogLevel } from '@aws-lambda-powertools/logger';
import { LOG_KEYS, type Log, type LogFields } from '../core/log.ts';
import { publishLogEvent } from '../core/telemetry.ts';
import { currentRequestId } from './runContext.ts';

const ALLOWED: ReadonlySet<string> = new Set(LOG_KEYS);

type Attributes = Parameters<LogFormatter['formatAttributes']>[1];
type BaseAttributes = Parameters<LogFormatter['formatAttributes']>[0];

/** `{"level":"INFO","at":"…Z","event":"…","function":"…","requestId":"…",…}`; other keys are dropped. */
class EventFormatter extends LogFormatter {
  formatAttributes(base: BaseAttributes, additional: Attributes): LogItem {
    const fields = Object.entries(additional).filter(([key]) => ALLOWED.has(key));
    return new LogItem({
      attributes: {
        level: base.logLevel,
        at: base.timestamp.toISOString(),
        event: base.message,
        function: base.serviceName,
        requestId: currentRequestId(),
        ...Object.fromEntries(fields),
      },
    });
  }
}

/** Whether this is the local run, which shows people what CloudWatch would count. */
export function isLocalRun(): boolean {
  return env['CARFERRY_LOCAL'] === '1';
}

/** One line per event: stdout on Lambda; stderr in the local run, whose stdout belongs to the summary. */
class LineLogger extends Logger {
  protected override printLog(_level: number, item: LogItem): void {
    item.prepareForPrint();
    const stream = isLocalRun() ? stderr : stdout;
    stream.write(`${JSON.stringify(item.getAttributes())}\n`);
  }
}

/**
 * The log of one function. Level from `LOG_LEVEL`, in either case: `debug`, `info` (default), `warn`, `error`,
 * `silent`; read when the log is made. The request id comes from the running invocation.
 */
export function createLog(functionName: string): Log {
  const logger = new LineLogger({
    serviceName: functionName,
    logFormatter: new EventFormatter(),
    logLevel: levelOf(env['LOG_LEVEL']),
  });
  const write = (level: 'info' | 'warn' | 'error') => (event: string, fields?: LogFields) => {
    publishLogEvent(event);
    logger[level](event, present(fields));
  };
  return { info: write('info'), warn: write('warn'), error: write('error') };
}

/** The environment's own spelling is lower case; Powertools knows only upper case. */
function levelOf(name: string | undefined): keyof typeof LogLevel {
  const levels = Object.values(LogLevel);
  return levels.find((level) => level === name?.toUpperCase()) ?? LogLevel.INFO;
}

function present(fields: LogFields = {}): Record<string, string | number | boolean> {
  const kept: Record<string, string | number | boolean> = {};
  for (const [key, value] of Object.entries(fields)) {
    if (value !== undefined) kept[key] = value;
  }
  return kept;
}
