import { join } from 'node:path';
import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { resourceSchemas, type ScheduleResource } from './templateSchemas.ts';
import { isRecord, readYaml, resolveVariables } from './yamlDocument.ts';

/** The value of one environment variable: text, or the URL of a queue whose server is known only at run time. */
export type EnvironmentValue = string | { readonly queue: string };

export type FunctionWiring = {
  readonly name: string;
  /** Path from the root, e.g. `functions/pullTrades.ts`. */
  readonly module: string;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  readonly environment: Readonly<Record<string, EnvironmentValue>>;
};
export type QueueWiring = {
  readonly name: string;
  /** As CreateQueue takes them, without the redrive policy. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly redrive?: { readonly deadLetterQueue: string; readonly maxReceiveCount: number };
};
export type TableWiring = { readonly name: string; readonly create: CreateTableCommandInput };
export type ScheduleWiring = {
  readonly name: string;
  readonly function: string;
  readonly everyMs: number;
  readonly input: unknown;
};
export type SourceWiring = {
  readonly function: string;
  readonly queue: string;
  readonly batchSize: number;
  readonly windowMs: number;
  readonly maximumConcurrency: number;
};
export type RouteWiring = { readonly method: string; readonly path: string; readonly function: string };

/** Everything the local run needs to know, read from serverless.yml and infra/*.yml. */
export type Wiring = {
  readonly service: string;
  readonly stage: string;
  readonly functions: readonly FunctionWiring[];
  readonly queues: readonly QueueWiring[];
  readonly tables: readonly TableWiring[];
  readonly schedules: readonly ScheduleWiring[];
  readonly sources: readonly SourceWiring[];
  readonly routes: readonly RouteWiring[];
};

/** The repository's root. */
export const projectRoot = join(import.meta.dirname, '..', '..');

/**
 * Reads the wiring; throws when a file names something that is not there.
 * @param given parameters of the command line, before those of the stage, before the defaults
 */
export function readTemplate(
  root: string = projectRoot,
  stage = 'local',
  given: Readonly<Record<string, string>> = {},
): Wiring {
  const raw = resourceSchemas.rawService.parse(readYaml(root, 'serverless.yml'));
  const params = { ...raw.params.default, ...raw.params[stage], ...given };
  const variables = { root, stage, self: raw, params };
  const service = resourceSchemas.service.parse(resolveVariables(raw, variables));
  const resources = Object.assign({}, ...service.resources.map((entry) => entry.Resources ?? {}));
  const byType = <T>(type: string, schema: z.ZodType<T>): Map<string, T> =>
    new Map(
      Object.entries(resources).flatMap(([id, resource]) =>
        isRecord(resource) && resource['Type'] === type ? [[id, schema.parse(resource['Properties'])]] : [],
      ),
    );
  const queues = byType('AWS::SQS::Queue', resourceSchemas.queue);
  const tables = byType('AWS::DynamoDB::Table', resourceSchemas.table);
  const schedules = byType('AWS::Scheduler::Schedule', resourceSchemas.schedule);
  const queueNamed = (id: string): string => known(queues.get(id), id).QueueName;

  /** Undefined for what exists on AWS only, e.g. a KMS key. */
  const environmentValue = (value: unknown): EnvironmentValue | undefined => {
    if (!isRecord(value)) return String(value);
    if ('Fn::GetAtt' in value) return undefined;
    const id = z.strictObject({ Ref: z.string() }).parse(value).Ref;
    const table = tables.get(id);
    return table === undefined ? { queue: queueNamed(id) } : table.TableName;
  };

  const functions = Object.entries(service.functions);
  return {
    service: service.service,
    stage,
    functions: functions.map(([name, declared]) => ({
      name,
      module: declared.handler.replace(/^dist\/(\w+)\/index\.handler$/, 'functions/$1.ts'),
      timeoutMs: declared.timeout * 1000,
      memoryMb: declared.memorySize ?? service.provider.memorySize,
      environment: Object.fromEntries(
        Object.entries(declared.environment).flatMap(([key, value]) => {
          const known = environmentValue(value);
          return known === undefined ? [] : [[key, known]];
        }),
      ),
    })),
    queues: [...queues.values()].map(({ QueueName, RedrivePolicy, ...attributes }) => ({
      name: QueueName,
      attributes: Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, String(value)])),
      ...(RedrivePolicy && {
        redrive: {
          deadLetterQueue: queueNamed(RedrivePolicy.deadLetterTargetArn['Fn::GetAtt'][0]),
          maxReceiveCount: RedrivePolicy.maxReceiveCount,
        },
      }),
    })),
    tables: [...tables.values()].map((create) => ({ name: create.TableName, create })),
    schedules: [...schedules.values()].map((schedule) =>
      readSchedule(schedule, Object.keys(service.functions)),
    ),
    sources: functions.flatMap(([name, { events }]) =>
      events.flatMap(({ sqs }) =>
        sqs ? [{ function: name, queue: queueNamed(sqs.arn['Fn::GetAtt'][0]), ...limits(sqs) }] : [],
      ),
    ),
    routes: functions.flatMap(([name, { events }]) =>
      events.flatMap(({ httpApi }) => {
        const [method, path] = httpApi?.split(' ') ?? [];
        return method !== undefined && path !== undefined ? [{ method, path, function: name }] : [];
      }),
    ),
  };
}

function limits(sqs: { batchSize: number; maximumBatchingWindow: number; maximumConcurrency: number }) {
  const { batchSize, maximumBatchingWindow, maximumConcurrency } = sqs;
  return { batchSize, windowMs: maximumBatchingWindow * 1000, maximumConcurrency };
}

function readSchedule(schedule: ScheduleResource, functions: readonly string[]): ScheduleWiring {
  const id = schedule.Target.Arn['Fn::GetAtt'][0].replace(/LambdaFunction$/, '');
  const name = functions.find((candidate) => candidate.toLowerCase() === id.toLowerCase());
  const input: unknown = JSON.parse(schedule.Target.Input);
  return {
    name: schedule.Name,
    function: known(name, id),
    everyMs: rateInMs(schedule.ScheduleExpression),
    input,
  };
}

const UNIT_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** `rate(15 minutes)` in milliseconds. */
export function rateInMs(expression: string): number {
  const [, count, unit = ''] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  return Number(count) * known(UNIT_MS[unit], expression);
}

function known<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`serverless.yml or infra/*.yml: unknown ${name}`);
  return value;
}
