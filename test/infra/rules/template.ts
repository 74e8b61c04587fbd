import * as z from 'zod';

/** A packaged CloudFormation template. */
export type Template = {
  readonly Resources: Record<string, { Type: string; Properties: Record<string, unknown> }>;
};

/** One thing that must hold for all resources; answers what breaks it, in words. */
export type Rule = {
  readonly name: string;
  readonly breaches: (template: Template) => string[];
  /** Changes a sound template so that this rule must speak. */
  readonly spoil: (template: Template) => void;
};

const getAtt = z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) });
const ref = z.object({ Ref: z.string() });

export const functionSchema = z.object({
  FunctionName: z.string(),
  Runtime: z.string(),
  Architectures: z.array(z.string()),
  Timeout: z.number(),
  Role: getAtt,
  Environment: z.object({ Variables: z.record(z.string(), z.union([z.string(), ref, getAtt])) }),
});
export const mappingSchema = z.object({
  FunctionName: getAtt,
  EventSourceArn: getAtt,
  MaximumBatchingWindowInSeconds: z.number().default(0),
  FunctionResponseTypes: z.array(z.string()).default([]),
  ScalingConfig: z.object({ MaximumConcurrency: z.number() }).optional(),
});
export const queueSchema = z.object({
  SqsManagedSseEnabled: z.boolean().optional(),
  VisibilityTimeout: z.number().optional(),
  MessageRetentionPeriod: z.number(),
  RedrivePolicy: z.object({ deadLetterTargetArn: getAtt, maxReceiveCount: z.number() }).optional(),
});
export const scheduleSchema = z.object({
  Target: z.object({
    Arn: getAtt,
    RoleArn: getAtt,
    Input: z.string(),
    RetryPolicy: z
      .object({ MaximumRetryAttempts: z.number(), MaximumEventAgeInSeconds: z.number() })
      .optional(),
    DeadLetterConfig: z.object({ Arn: getAtt }).optional(),
  }),
});
export const invokeConfigSchema = z.object({ FunctionName: z.unknown(), MaximumRetryAttempts: z.number() });
export const roleSchema = z.object({
  AssumeRolePolicyDocument: z.object({
    Statement: z.array(z.object({ Principal: z.object({ Service: z.string() }) })),
  }),
  Policies: z.array(
    z.object({
      PolicyDocument: z.object({
        Statement: z.array(
          z.object({
            Action: z.union([z.string(), z.array(z.string())]),
            Resource: z.unknown(),
            Condition: z.unknown().optional(),
          }),
        ),
      }),
    }),
  ),
});
export const tableSchema = z.looseObject({
  SSESpecification: z.object({ SSEEnabled: z.boolean() }).optional(),
  PointInTimeRecoverySpecification: z.object({ PointInTimeRecoveryEnabled: z.boolean() }).optional(),
  DeletionProtectionEnabled: z.boolean().optional(),
  BillingMode: z.string(),
});
export const alarmSchema = z.looseObject({
  Dimensions: z.unknown().optional(),
  Metrics: z.unknown().optional(),
});

/** Every resource of a type, read; id and properties. */
export function allOf<T>(template: Template, type: string, schema: z.ZodType<T>): (readonly [string, T])[] {
  return Object.entries(template.Resources)
    .filter(([, resource]) => resource.Type === type)
    .map(([id, resource]) => [id, schema.parse(resource.Properties)] as const);
}

/** Properties of one resource, to spoil them. */
export function propertiesOf(template: Template, id: string): Record<string, unknown> {
  const resource = template.Resources[id];
  if (resource === undefined) throw new Error(`the template has no ${id}`);
  return resource.Properties;
}

export function targetOf(reference: z.output<typeof getAtt>): string {
  return reference['Fn::GetAtt'][0];
}
