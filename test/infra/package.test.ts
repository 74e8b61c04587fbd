import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { projectRoot } from '../../infra/local/template.ts';
import { duesInputSchema, pullInputSchema } from '../../lib/pull/pullInput.ts';

type Resource = { Type: string; Properties: Record<string, unknown> };
type Found<T> = readonly (readonly [string, T])[];

const names = readdirSync(join(projectRoot, 'functions')).map((file) => file.replace(/\.ts$/, ''));

/** Read from the process environment of the local run; on AWS never from plain environment variables. */
const SECRETS = ['TOP_APP_SECRET', 'CARFERRY_SHOPS', 'CARFERRY_DATA_KEY', 'CARFERRY_QIMEN_SECRET'];

const getAtt = z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) });
const ref = z.object({ Ref: z.string() });
const functionSchema = z.object({
  FunctionName: z.string(),
  Handler: z.string(),
  Runtime: z.string(),
  Architectures: z.array(z.string()),
  Timeout: z.number(),
  Role: getAtt,
  Environment: z.object({ Variables: z.record(z.string(), z.union([z.string(), ref, getAtt])) }),
});
const mappingSchema = z.object({
  FunctionName: getAtt,
  EventSourceArn: getAtt,
  BatchSize: z.number(),
  MaximumBatchingWindowInSeconds: z.number().default(0),
  FunctionResponseTypes: z.array(z.string()),
  ScalingConfig: z.object({ MaximumConcurrency: z.number() }),
});
const queueSchema = z.object({
  QueueName: z.string(),
  SqsManagedSseEnabled: z.boolean().optional(),
  VisibilityTimeout: z.number().optional(),
  MessageRetentionPeriod: z.number(),
  RedrivePolicy: z.object({ deadLetterTargetArn: getAtt, maxReceiveCount: z.number() }).optional(),
});
const scheduleSchema = z.object({
  Target: z.object({
    Arn: getAtt,
    RoleArn: getAtt,
    Input: z.string(),
    RetryPolicy: z.object({ MaximumRetryAttempts: z.number(), MaximumEventAgeInSeconds: z.number() }),
    DeadLetterConfig: z.object({ Arn: getAtt }),
  }),
});
const roleSchema = z.object({
  AssumeRolePolicyDocument: z.object({
    Statement: z.array(z.object({ Principal: z.object({ Service: z.string() }) })),
  }),
  Policies: z.array(
    z.object({
      PolicyDocument: z.object({
        Statement: z.array(
          z.object({ Action: z.union([z.string(), z.array(z.string())]), Resource: z.unknown() }),
        ),
      }),
    }),
  ),
});

let resources: Record<string, Resource>;

function all<T>(type: string, schema: z.ZodType<T>): Found<T> {
  return Object.entries(resources)
    .filter(([, resource]) => resource.Type === type)
    .map(([id, resource]) => [id, schema.parse(resource.Properties)] as const);
}

const functions = () => all('AWS::Lambda::Function', functionSchema);
const lambdaId = (name: string): string => `${name.charAt(0).toUpperCase()}${name.slice(1)}LambdaFunction`;

beforeAll(() => {
  const packaged = spawnSync(process.execPath, [join(projectRoot, 'tools/package.ts')], {
    cwd: projectRoot,
    encoding: 'utf8',
    env: { ...process.env, AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_PROFILE: '' },
  });
  if (packaged.status !== 0) throw new Error(`${packaged.stdout}\n${packaged.stderr}`);
  const file = join(projectRoot, '.serverless/cloudformation-template-update-stack.json');
  ({ Resources: resources } = JSON.parse(readFileSync(file, 'utf8')));
});

describe('the packaged template', () => {
  it('has every function, on Node 24 and arm64, each with a bundle', () => {
    const bundles = names.map((name) => statSync(join(projectRoot, 'dist', name, 'index.mjs')).size);

    expect(
      functions()
        .map(([id]) => id)
        .toSorted(),
    ).toEqual(names.map(lambdaId).toSorted());
    expect(new Set(functions().map(([, { Runtime }]) => Runtime))).toEqual(new Set(['nodejs24.x']));
    expect(Math.min(...bundles)).toBeGreaterThan(100_000);
    expect(new Set(functions().flatMap(([, { Architectures }]) => Architectures))).toEqual(
      new Set(['arm64']),
    );
  });

  it.each(names)('bundles %s so that it loads alone, without environment, and exports a handler', (name) => {
    const program = `import { handler } from './index.mjs'; process.exit(typeof handler === 'function' ? 0 : 9);`;
    const loaded = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      cwd: join(projectRoot, 'dist', name),
      encoding: 'utf8',
      env: {},
    });

    expect([loaded.status, loaded.stderr]).toEqual([0, '']);
  });

  it('reports failed items, limits concurrency and gives visibility of six time-outs on every queue event', () => {
    const queues = new Map(all('AWS::SQS::Queue', queueSchema));
    const timeouts = new Map(functions().map(([id, { Timeout }]) => [id, Timeout]));
    const mappings = all('AWS::Lambda::EventSourceMapping', mappingSchema);

    expect(mappings).toHaveLength(3);
    for (const [, mapping] of mappings) {
      const timeout = timeouts.get(mapping.FunctionName['Fn::GetAtt'][0]) ?? Number.NaN;
      const visibility = queues.get(mapping.EventSourceArn['Fn::GetAtt'][0])?.VisibilityTimeout;
      expect(mapping.FunctionResponseTypes).toEqual(['ReportBatchItemFailures']);
      expect(mapping.ScalingConfig.MaximumConcurrency).toBeGreaterThanOrEqual(2);
      expect(visibility).toBeGreaterThanOrEqual(6 * timeout + mapping.MaximumBatchingWindowInSeconds);
    }
  });

  it('encrypts every queue and gives every source a dead-letter queue that keeps longer', () => {
    const queues = new Map(all('AWS::SQS::Queue', queueSchema));
    const sources = new Set(
      all('AWS::Lambda::EventSourceMapping', mappingSchema).map(
        ([, { EventSourceArn }]) => EventSourceArn['Fn::GetAtt'][0],
      ),
    );

    for (const [id, queue] of queues) {
      expect([id, queue.SqsManagedSseEnabled]).toEqual([id, true]);
      if (!sources.has(id)) continue;
      expect(queue.RedrivePolicy?.maxReceiveCount).toBe(5);
      const dead = queues.get(queue.RedrivePolicy?.deadLetterTargetArn['Fn::GetAtt'][0] ?? '');
      expect(dead?.MessageRetentionPeriod).toBe(1_209_600);
      expect(queue.MessageRetentionPeriod).toBeLessThan(1_209_600);
    }
  });

  it.each(names)('sets for %s exactly the variables that it reads, and no secret', async (name) => {
    const { configSchema } = await import(`../../functions/${name}.ts`);
    const read = Object.keys(
      z.object({ shape: z.record(z.string(), z.unknown()) }).parse(configSchema).shape,
    );
    const [, declared] = functions().find(([id]) => id === lambdaId(name)) ?? [];
    const set = Object.keys(declared?.Environment.Variables ?? {});

    expect(set.toSorted()).toEqual(read.filter((key) => !SECRETS.includes(key)).toSorted());
    const secret = /SECRET|SESSION|PASSWORD|TOKEN|DATA_KEY|SHOPS$/;
    expect(set.filter((key) => secret.test(key) && !key.endsWith('_SECRET_NAME'))).toEqual([]);
  });

  it.each(names)('lets the role of %s touch exactly what its environment names', (name) => {
    const [, declared] = functions().find(([id]) => id === lambdaId(name)) ?? [];
    const role = new Map(all('AWS::IAM::Role', roleSchema)).get(declared?.Role['Fn::GetAtt'][0] ?? '');
    const named = Object.values(declared?.Environment.Variables ?? {}).flatMap((value) =>
      typeof value === 'string' ? [] : ['Ref' in value ? value.Ref : value['Fn::GetAtt'][0]],
    );
    const statements = role?.Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement) ?? [];
    const text = JSON.stringify(statements.map(({ Resource }) => Resource));
    const touched = [...text.matchAll(/"Fn::GetAtt":\["(\w+)"/g)].map(([, id]) => id);

    expect(role?.AssumeRolePolicyDocument.Statement.map(({ Principal }) => Principal.Service)).toEqual([
      'lambda.amazonaws.com',
    ]);
    expect(new Set(touched.filter((id) => id !== 'SchedulerDeadLetters'))).toEqual(new Set(named));
    expect(statements.flatMap(({ Action }) => Action).filter((action) => action.includes('*'))).toEqual([]);
    expect(statements.filter(({ Resource }) => JSON.stringify(Resource) === '"*"')).toEqual([]);
  });

  it.each(names)('lets %s read exactly the secrets that its environment names', (name) => {
    const [, declared] = functions().find(([id]) => id === lambdaId(name)) ?? [];
    const role = new Map(all('AWS::IAM::Role', roleSchema)).get(declared?.Role['Fn::GetAtt'][0] ?? '');
    const named = Object.entries(declared?.Environment.Variables ?? {}).flatMap(([key, value]) =>
      key.endsWith('_SECRET_NAME') ? [`:secret:${value}-??????`] : [],
    );
    const statements = role?.Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement) ?? [];
    const secrets = statements.filter(({ Action }) => JSON.stringify(Action).includes('secretsmanager'));
    const readable = JSON.stringify(secrets.map(({ Resource }) => Resource)).match(/:secret:[^"]+/g) ?? [];

    expect(readable.toSorted()).toEqual(named.toSorted());
    expect(secrets.flatMap(({ Action }) => Action)).toEqual(
      named.length > 0 ? ['secretsmanager:GetSecretValue'] : [],
    );
  });

  it('names no partition, account or region', () => {
    const text = JSON.stringify(
      Object.entries(resources).filter(([id]) => /Role|Queue|Table|Schedule|DeadLetters/.test(id)),
    );

    expect(text.match(/arn:aws[^"]*|\b\d{12}\b|(cn|us|eu|ap)-\w+-\d/g)).toBeNull();
  });

  it('retries a tick twice, keeps what failed, and gives every schedule an input that its function accepts', () => {
    const schedules = all('AWS::Scheduler::Schedule', scheduleSchema);

    expect(schedules).toHaveLength(11);
    for (const [id, { Target }] of schedules) {
      const name = names.find((candidate) => lambdaId(candidate) === Target.Arn['Fn::GetAtt'][0]);
      const inputSchema =
        name === 'pullTrades' || name === 'pullAdOrders' ? pullInputSchema : duesInputSchema;
      expect([id, inputSchema.safeParse(JSON.parse(Target.Input)).success]).toEqual([id, true]);
      expect(Target.RoleArn['Fn::GetAtt'][0]).toBe('SchedulerRole');
      expect(Target.RetryPolicy).toEqual({ MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 300 });
      expect(Target.DeadLetterConfig.Arn['Fn::GetAtt'][0]).toBe('SchedulerDeadLetters');
    }
  });
});
