import * as z from 'zod';
import { duesInputSchema, pullInputSchema } from '../../../lib/pull/pullInput.ts';
import {
  allOf,
  functionSchema,
  invokeConfigSchema,
  propertiesOf,
  type Rule,
  scheduleSchema,
  type Template,
  tableSchema,
  targetOf,
} from './template.ts';

/** Names of variables that would hold a secret; names of secrets are fine. */
const SECRET = /SECRET(?!_NAME$)|SESSION(?!S_SECRET_NAME$)|PASSWORD|TOKEN|DATA_KEY|SHOPS$/;

const functions = (template: Template) => allOf(template, 'AWS::Lambda::Function', functionSchema);
const schedules = (template: Template) => allOf(template, 'AWS::Scheduler::Schedule', scheduleSchema);
const tables = (template: Template) => allOf(template, 'AWS::DynamoDB::Table', tableSchema);
const inputs: Readonly<Record<string, z.ZodType>> = {
  PullTradesLambdaFunction: pullInputSchema,
  PullAdOrdersLambdaFunction: pullInputSchema,
  PullLeadsLambdaFunction: duesInputSchema,
  EnqueueDuesLambdaFunction: duesInputSchema,
  PullMessagesLambdaFunction: z.strictObject({}),
};
const stageOf = (template: Template): string =>
  String(functions(template)[0]?.[1].FunctionName.split('-')[1]);

/** Settings of functions, schedules and tables; reliability S1–S7, S26–S39. */
export const functionRules: readonly Rule[] = [
  {
    name: 'every function runs on Node 24',
    breaches: (template) =>
      functions(template)
        .filter(([, { Runtime }]) => Runtime !== 'nodejs24.x')
        .map(([id, { Runtime }]) => `${id} runs on ${Runtime}`),
    spoil: (template) => {
      propertiesOf(template, 'PullTradesLambdaFunction')['Runtime'] = 'nodejs18.x';
    },
  },
  {
    name: 'no secret stands in an environment variable',
    breaches: (template) =>
      functions(template).flatMap(([id, { Environment }]) =>
        Object.keys(Environment.Variables)
          .filter((name) => SECRET.test(name))
          .map((name) => `${id}: ${name}`),
      ),
    spoil: (template) => {
      const properties = propertiesOf(template, 'PullLeadsLambdaFunction');
      properties['Environment'] = { Variables: { TOP_APP_SECRET: 'x' } };
    },
  },
  {
    name: 'an event is never repeated by Lambda itself',
    breaches: (template) => {
      const configured = JSON.stringify(
        allOf(template, 'AWS::Lambda::EventInvokeConfig', invokeConfigSchema).filter(
          ([, { MaximumRetryAttempts }]) => MaximumRetryAttempts === 0,
        ),
      );
      return [...new Set(schedules(template).map(([, { Target }]) => targetOf(Target.Arn)))].filter(
        (id) => !configured.includes(`"${id}"`),
      );
    },
    spoil: (template) => {
      for (const [id] of allOf(template, 'AWS::Lambda::EventInvokeConfig', invokeConfigSchema))
        propertiesOf(template, id)['MaximumRetryAttempts'] = 2;
    },
  },
  {
    name: 'a tick is repeated at most twice, kept when it fails, and sent by a role that may do nothing else',
    breaches: (template) =>
      schedules(template)
        .filter(
          ([, { Target }]) =>
            (Target.RetryPolicy?.MaximumRetryAttempts ?? 185) > 2 ||
            (Target.RetryPolicy?.MaximumEventAgeInSeconds ?? 86_400) > 300 ||
            Target.DeadLetterConfig === undefined ||
            targetOf(Target.RoleArn) !== 'SchedulerRole',
        )
        .map(([id]) => `${id} lacks a retry policy, a dead-letter queue or its role`),
    spoil: (template) => {
      const [id = ''] = schedules(template)[0] ?? [];
      const properties = propertiesOf(template, id);
      const { Target } = scheduleSchema.parse(properties);
      properties['Target'] = { ...Target, RetryPolicy: undefined };
    },
  },
  {
    name: 'every schedule has an input that its function accepts',
    breaches: (template) =>
      schedules(template)
        .filter(([, { Target }]) => {
          const schema = inputs[targetOf(Target.Arn)];
          return schema?.safeParse(JSON.parse(Target.Input)).success !== true;
        })
        .map(([id]) => `${id}: the function would refuse its input`),
    spoil: (template) => {
      const [id = ''] = schedules(template)[0] ?? [];
      const properties = propertiesOf(template, id);
      const { Target } = scheduleSchema.parse(properties);
      properties['Target'] = { ...Target, Input: '{"lane":"lives"}' };
    },
  },
  {
    name: 'tables are on demand, encrypted, and recoverable except the one of the keys',
    breaches: (template) =>
      tables(template).flatMap(([id, table]) => [
        ...(table.BillingMode === 'PAY_PER_REQUEST' ? [] : [`${id} is not on demand`]),
        ...(table.SSESpecification?.SSEEnabled === true ? [] : [`${id} is not encrypted`]),
        ...(table.PointInTimeRecoverySpecification?.PointInTimeRecoveryEnabled === true ||
        // Keys that were erased must not come back; budgets are worth nothing after a second.
        ['KeysTable', 'BudgetsTable'].includes(id)
          ? []
          : [`${id} cannot be recovered`]),
      ]),
    spoil: (template) =>
      Reflect.deleteProperty(propertiesOf(template, 'OrdersTable'), 'PointInTimeRecoverySpecification'),
  },
  {
    name: 'outside dev no table goes with its stack',
    breaches: (template) =>
      stageOf(template) === 'dev'
        ? []
        : tables(template)
            .filter(([, { DeletionProtectionEnabled }]) => DeletionProtectionEnabled !== true)
            .map(([id]) => `${id} may be deleted`),
    spoil: (template) => {
      propertiesOf(template, 'PullTradesLambdaFunction')['FunctionName'] = 'carferry-prod-pullTrades';
      propertiesOf(template, 'OrdersTable')['DeletionProtectionEnabled'] = false;
    },
  },
  {
    name: 'every function writes a log that ends',
    breaches: (template) =>
      allOf(template, 'AWS::Logs::LogGroup', z.looseObject({ RetentionInDays: z.number().optional() }))
        .filter(([, { RetentionInDays }]) => RetentionInDays === undefined)
        .map(([id]) => `${id} keeps for good`),
    spoil: (template) =>
      Reflect.deleteProperty(propertiesOf(template, 'PullTradesLogGroup'), 'RetentionInDays'),
  },
];
