import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type FunctionWiring, projectRoot, type Wiring } from './template.ts';

export type LocalContext = {
  readonly callbackWaitsForEmptyEventLoop: boolean;
  readonly functionName: string;
  readonly functionVersion: string;
  readonly invokedFunctionArn: string;
  readonly memoryLimitInMB: string;
  readonly awsRequestId: string;
  readonly logGroupName: string;
  readonly logStreamName: string;
  getRemainingTimeInMillis(): number;
};

export type Handler = (event: unknown, context: LocalContext) => Promise<unknown>;

/** Calls a function as Lambda does: event and result travel as JSON, the context counts its time down. */
export type Invoke = (
  name: string,
  event: unknown,
  limits?: { readonly timeoutMs?: number },
) => Promise<unknown>;

/** Imports the very `handler` exports that are deployed. The environment must be complete before. */
export async function loadHandlers(
  wiring: Wiring,
  root: string = projectRoot,
): Promise<ReadonlyMap<string, Handler>> {
  const loaded = wiring.functions.map(async ({ name, module }): Promise<[string, Handler]> => {
    const { handler } = await import(pathToFileURL(join(root, module)).href);
    if (typeof handler !== 'function') throw new Error(`${module} exports no handler`);
    return [name, (event, context) => Promise.resolve(handler(event, context))];
  });
  return new Map(await Promise.all(loaded));
}

export function createInvoke(
  functions: readonly FunctionWiring[],
  handlers: ReadonlyMap<string, Handler>,
  region = 'us-east-1',
): Invoke {
  const wirings = new Map(functions.map((wiring) => [wiring.name, wiring]));
  return async (name, event, limits = {}) => {
    const wiring = wirings.get(name);
    const handler = handlers.get(name);
    if (wiring === undefined || handler === undefined) throw new Error(`no function ${name}`);
    const timeoutMs = Math.min(wiring.timeoutMs, limits.timeoutMs ?? wiring.timeoutMs);
    const result = await handler(overJson(event), contextOf(wiring, timeoutMs, region));
    return overJson(result);
  };
}

function contextOf(wiring: FunctionWiring, timeoutMs: number, region: string): LocalContext {
  const endsAt = performance.now() + timeoutMs;
  return {
    callbackWaitsForEmptyEventLoop: false,
    functionName: wiring.name,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:${region}:000000000000:function:${wiring.name}`,
    memoryLimitInMB: String(wiring.memoryMb),
    awsRequestId: randomUUID(),
    logGroupName: `/aws/lambda/${wiring.name}`,
    logStreamName: 'local',
    getRemainingTimeInMillis: () => Math.max(0, Math.trunc(endsAt - performance.now())),
  };
}

function overJson(value: unknown): unknown {
  if (value === undefined) return undefined;
  const copy: unknown = JSON.parse(JSON.stringify(value));
  return copy;
}
