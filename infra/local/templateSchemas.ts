import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';

/* The parts of serverless.yml and infra/*.yml that the local run reads; everything else is left alone. */

const getAtt = z.strictObject({ 'Fn::GetAtt': z.tuple([z.string(), z.literal('Arn')]) });

const values = z.record(z.string(), z.unknown());
/** Parameters by stage; `default` holds for every stage. */
const rawService = z.looseObject({ params: z.object({ default: values }).catchall(values) });

const event = z.strictObject({
  sqs: z
    .strictObject({
      arn: getAtt,
      batchSize: z.number(),
      maximumBatchingWindow: z.number().default(0),
      maximumConcurrency: z.number(),
      functionResponseType: z.literal('ReportBatchItemFailures'),
    })
    .optional(),
  httpApi: z.string().optional(),
});

const service = z.looseObject({
  service: z.string(),
  provider: z.looseObject({ memorySize: z.number() }),
  functions: z.record(
    z.string(),
    z.looseObject({
      handler: z.string().regex(/^dist\/\w+\/index\.handler$/),
      timeout: z.number(),
      memorySize: z.number().optional(),
      environment: z.record(z.string(), z.unknown()),
      events: z.array(event).default([]),
    }),
  ),
  resources: z.array(z.looseObject({ Resources: z.record(z.string(), z.unknown()).optional() })),
});

const queue = z.strictObject({
  QueueName: z.string(),
  SqsManagedSseEnabled: z.boolean(),
  VisibilityTimeout: z.number().optional(),
  MessageRetentionPeriod: z.number(),
  ReceiveMessageWaitTimeSeconds: z.number().optional(),
  RedrivePolicy: z.strictObject({ deadLetterTargetArn: getAtt, maxReceiveCount: z.number() }).optional(),
});

const keys = z.array(z.strictObject({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) }));
const projection = z.object({
  ProjectionType: z.enum(['ALL', 'INCLUDE', 'KEYS_ONLY']),
  NonKeyAttributes: z.array(z.string()).optional(),
});

/** Encryption, backups and TTL are left out: the embedded engine has none of them. */
const table = z
  .object({
    TableName: z.string(),
    BillingMode: z.literal('PAY_PER_REQUEST'),
    AttributeDefinitions: z.array(
      z.strictObject({ AttributeName: z.string(), AttributeType: z.enum(['S', 'N', 'B']) }),
    ),
    KeySchema: keys,
    GlobalSecondaryIndexes: z
      .array(z.object({ IndexName: z.string(), KeySchema: keys, Projection: projection }))
      .optional(),
  })
  .transform((create): CreateTableCommandInput & { TableName: string } => dropUndefined(create));

function dropUndefined<T extends object>(value: T): T {
  for (const key of Object.keys(value)) {
    if (Reflect.get(value, key) === undefined) Reflect.deleteProperty(value, key);
  }
  return value;
}

const schedule = z.looseObject({
  Name: z.string(),
  ScheduleExpression: z.string(),
  Target: z.looseObject({ Arn: getAtt, Input: z.string() }),
});
export type ScheduleResource = z.infer<typeof schedule>;

export const resourceSchemas = { rawService, service, queue, table, schedule };
